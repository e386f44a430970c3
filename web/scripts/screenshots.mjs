/**
 * Pictures of every page of a running stack, desktop and phone, into ../screenshots. SEALKEY_STACK names its stack.json;
 * the pages show what is in it, so run a demo or the browser tests first.
 */
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { launch, open, stack } from "../e2e/lib.mjs";

const world = stack();
const folder = fileURLToPath(new URL("../../screenshots/", import.meta.url));
const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const ROLES = { reviewer: "review", maker: "production", shipper: "shipping" };

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const browser = await launch();
let taken = 0;

async function take(page, size, name, path) {
  await page.goto(path, { waitUntil: "networkidle" }).catch(() => undefined); // a page that polls is never idle
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByTestId("loading").first().waitFor({ state: "detached" });
  await page.screenshot({ path: `${folder}${name}-${size}.png`, fullPage: true });
  taken += 1;
}

/** A GET by the page, with its session. */
function get(page, path) {
  return page.evaluate(async (address) => {
    const answer = await fetch(address);
    return answer.ok ? answer.json() : undefined;
  }, path);
}

async function login(page, path, label, name, password) {
  await page.goto(path);
  await page.getByLabel(label).fill(name);
  await page.getByLabel("密码", { exact: true }).fill(password);
  await page.getByRole("button", { name: "登录" }).click();
  await page.waitForURL((url) => !url.pathname.endsWith("/login"));
}

try {
  for (const [size, dimensions] of Object.entries(SIZES)) {
    const page = await (await open(browser, world.web, dimensions)).newPage();
    for (const [name, path] of [
      ["home", "/"],
      ["register", "/register"],
      ["login", "/login"],
      ["not-found", "/nowhere"],
      ["console-login", "/console/login"],
    ]) {
      await take(page, size, name, path);
    }
    await page.goto("/too-old.html");
    await page.screenshot({ path: `${folder}too-old-${size}.png`, fullPage: true });

    await login(page, "/login", "账号名", world.logins.company.name, world.logins.company.password);
    await take(page, size, "home-logged-in", "/");
    await take(page, size, "orders", "/orders");
    const catalog = await get(page, "/api/catalog/mall");
    const sku = catalog?.products[0]?.sku;
    if (sku) {
      await take(page, size, "order-new", `/order/new?sku=${encodeURIComponent(sku)}`);
    }
    const seen = new Set();
    for (const { id, display } of (await get(page, "/api/orders"))?.orders ?? []) {
      if (seen.has(display)) {
        continue;
      }
      seen.add(display);
      await take(page, size, `order-${display}`, `/orders/${id}`);
      if (display === "awaiting_payment") {
        await take(page, size, "pay", `/orders/${id}/pay`);
      }
      if (display === "awaiting_materials" || display === "changes_requested") {
        await take(page, size, `materials-${display}`, `/orders/${id}/lines/1/materials`);
        await take(page, size, "template-letter", `/orders/${id}/lines/1/templates/authorisation_letter`);
        await take(page, size, "template-seal", `/orders/${id}/lines/1/templates/seal_sheet`);
      }
    }
    await page.context().close();

    for (const [role, desk] of Object.entries(ROLES)) {
      const staff = world.logins.staff[role];
      const page = await (await open(browser, world.web, dimensions)).newPage();
      await login(page, "/console/login", "工作邮箱", staff.mail, staff.password);
      await take(page, size, `console-${desk}-queue`, `/console/${desk}`);
      const queue = await get(page, `/api/console/${desk === "review" ? "reviews" : desk}`);
      const row = queue?.lines[0];
      if (row) {
        await take(page, size, `console-${desk}`, `/console/${desk}/${row.order}/${row.line}`);
      }
      await page.context().close();
    }
  }
} finally {
  await browser.close();
}
console.log(`${taken} pictures in ${folder}`);
