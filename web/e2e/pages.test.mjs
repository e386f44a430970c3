/**
 * Every page by itself, desktop and phone, Chinese and English, with answers from src/testing: no sideways scrolling, no
 * error in the console, nothing untranslated, axe-core clean. Needs `npm run build`, no stack. With PICTURES=folder it
 * leaves a picture of each.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { preview, runnerImport } from "vite";

import { launch, open } from "./lib.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const { module } = await runnerImport("./src/testing/pages.ts");
const only = process.env.ONLY?.split(",");
const pages = module.pages.filter(({ name }) => !only || only.includes(name));
const pictures = process.env.PICTURES;
const SHEET = `<svg xmlns="http://www.w3.org/2000/svg" width="840" height="1188"><rect width="840" height="1188" fill="#fff"/>
<text x="300" y="160" font-size="48">营业执照</text><circle cx="600" cy="900" r="120" fill="none" stroke="#b3261e" stroke-width="8"/></svg>`;
const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

// English words are longer: for them the narrow screen is the hard one.
const VIEWS = [
  { language: "zh", size: "desktop", width: 1280, height: 900 },
  { language: "zh", size: "phone", width: 390, height: 844 },
  { language: "en", size: "phone", width: 390, height: 844 },
];

let server;
let browser;
/** What the server answers: that of the page under test. */
let answers;
/** One tab for each view, with a browser's cache: the site's code is read once and not once for each page. */
const tabs = new Map();

before(async () => {
  server = await preview({
    preview: { port: 0, host: "127.0.0.1", headers: { "content-security-policy": CSP } },
    plugins: [{ name: "api", configurePreviewServer: ({ middlewares }) => void middlewares.use("/api", api) }],
  });
  browser = await launch();
  if (pictures) {
    mkdirSync(pictures, { recursive: true });
  }
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** Answers a call with what the fixtures of the page say. */
function api({ method, originalUrl }, response) {
  const { pathname, searchParams } = new URL(originalUrl, "http://localhost");
  const send = (status, type, body) => {
    response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
  };
  if (pathname.endsWith(".svg")) {
    return send(200, "image/svg+xml", SHEET);
  }
  const answer = answers[`${method} ${pathname}`];
  if (answer !== undefined) {
    const state = searchParams.get("state");
    const filtered =
      state && answer.orders ? { orders: answer.orders.filter((row) => row.display === state), cursor: null } : answer;
    return send(200, "application/json", JSON.stringify(filtered));
  }
  const [code, status] = pathname.endsWith("/session") ? ["login_required", 401] : ["not_found", 404];
  const type = `urn:sealkey:error:${code}`;
  return send(
    status,
    "application/problem+json",
    JSON.stringify({ type, title: code, status, code, requestId: "01HZX5T0Q2V9" }),
  );
}

/** The tab of a view; what its page says on the console since is in `said`. */
async function tabOf({ language, size, width, height }) {
  const key = `${language} ${size}`;
  if (!tabs.has(key)) {
    const address = `http://127.0.0.1:${server.httpServer.address().port}`;
    // A panel that opens is looked at once it is there, not while it fades in.
    const context = await open(browser, address, { width, height, language, reducedMotion: "reduce" });
    // What one page kept in its tab is nothing to the next.
    await context.addInitScript(() => sessionStorage.clear());
    const page = await context.newPage();
    // The clock of the fixtures.
    await page.clock.setFixedTime("2026-11-21T01:40:00Z");
    const tab = { page, said: [] };
    page.on("pageerror", (error) => tab.said.push(String(error)));
    page.on("console", (message) => {
      // A refusal that the page asked for is in the log of every browser.
      if (message.type() === "error" && !/status of (401|404)/.test(message.text())) {
        tab.said.push(message.text());
      }
    });
    tabs.set(key, tab);
  }
  const tab = tabs.get(key);
  tab.said.length = 0;
  return tab;
}

async function look({ name, path, press = [] }, view) {
  const where = `${name} ${view.language} ${view.size}`;
  const { page, said } = await tabOf(view);
  try {
    await see(page, name, path, press, view);
    assert.deepEqual(said, [], `${where}: console`);
  } finally {
    // It asks no more, for the answers are those of the next page from here on.
    await page.goto("about:blank");
  }
}

async function see(page, name, path, press, { language, size, width }) {
  const where = `${name} ${language} ${size}`;
  await page.goto(path, { waitUntil: "load" });
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByTestId("loading").first().waitFor({ state: "detached" });
  for (const one of press) {
    const [selector, text] = [one].flat();
    const place = page.locator(selector).first();
    await (text === undefined ? place.click() : place.fill(text));
    await page.getByTestId("loading").first().waitFor({ state: "detached" });
  }
  await page.evaluate(() => Promise.all([...document.images].map((image) => image.decode().catch(() => undefined))));
  if (pictures) {
    await page.screenshot({ path: `${pictures}/${name}-${language}-${size}.png`, fullPage: true });
  }
  assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1, `${where}: one heading`);
  const lang = await page.evaluate(() => document.documentElement.lang);
  assert.equal(lang, language === "zh" ? "zh-CN" : "en", where);
  // Not against innerWidth: a phone widens that with the page.
  const over = (await page.evaluate(() => document.documentElement.scrollWidth)) - width;
  assert.ok(over <= 0, `${where}: ${over}px wider than the window`);
  if (language === "en") {
    const known = JSON.stringify(answers);
    const text = await page.evaluate(() => document.body.innerText.replace("中文", ""));
    const foreign = (text.match(/[\p{Script=Han}，。：]+/gu) ?? []).filter((word) => !known.includes(word));
    assert.deepEqual(foreign, [], `${where}: untranslated`);
  } else {
    // The words differ between languages, the elements do not.
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() =>
      axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }),
    );
    const bad = violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((n) => `${n.target} ${n.failureSummary}`).join(" | ")}`,
    );
    assert.deepEqual(bad, [], `${where}: axe`);
  }
}

for (const one of pages) {
  test(one.name, async () => {
    answers = one.answers;
    const looks = await Promise.allSettled(VIEWS.map((view) => look(one, view)));
    const failed = looks.filter(({ status }) => status === "rejected").map(({ reason }) => reason);
    if (failed.length > 0) {
      throw failed.length === 1 ? failed[0] : new AggregateError(failed, failed.map(String).join("\n"));
    }
  });
}
