/**
 * Pictures of every page of a running stack, desktop and phone, into ../screenshots. SEALKEY_STACK names its stack.json.
 * The pages show what is in it, so run a demo or the browser tests first; a company that waits for its review, an
 * application for a new contact and an invitation are made here.
 */
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

import {
  atDesk,
  confirm,
  creditCode,
  enterConsole,
  idNumber,
  inbox,
  jpeg,
  launch,
  mobile,
  open,
  paper,
  pdf,
  png,
  register,
  shownAsImages,
  somebody,
  stack,
} from "../e2e/lib.mjs";

const world = stack();
const folder = fileURLToPath(new URL("../../screenshots/", import.meta.url));
const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const stamp = Date.now().toString(36);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const browser = await launch();
let taken = 0;

/** The page as it stands. */
async function shoot(page, name, size) {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByTestId("loading").first().waitFor({ state: "detached" });
  await page.screenshot({ path: `${folder}${name}-${size}.png`, fullPage: true, animations: "disabled" });
  taken += 1;
}

/** Something that is on the way and would be gone after a reload: in both sizes where it stands. */
async function here(page, name) {
  for (const [size, dimensions] of Object.entries(SIZES).reverse()) {
    await page.setViewportSize(dimensions);
    await shoot(page, name, size);
  }
}

/** Addresses as somebody who is logged in sees them, or a stranger. */
async function visit(who, addresses) {
  const storageState = await who?.context().storageState();
  for (const [size, dimensions] of Object.entries(SIZES)) {
    const page = await (await open(browser, world.web, { ...dimensions, storageState })).newPage();
    for (const [name, path, ready] of addresses) {
      await page.goto(path, { waitUntil: "networkidle" }).catch(() => undefined); // a page that polls is never idle
      await ready?.(page);
      await shoot(page, name, size);
    }
    await page.context().close();
  }
}

/** A GET by the page, with its session. */
function get(page, path) {
  return page.evaluate(async (address) => {
    const answer = await fetch(address);
    return answer.ok ? answer.json() : undefined;
  }, path);
}

async function logIn(page, { name, password }) {
  await page.goto("/login");
  await page.getByLabel("账号名或企业名称").fill(name);
  await page.getByLabel("密码", { exact: true }).fill(password);
  await page.getByRole("button", { name: "登录", exact: true }).click();
}

async function staff(who) {
  const page = await somebody(browser, world);
  await page.goto("/console/login");
  await enterConsole(page, world.logins.staff[who]);
  return page;
}

/** The demo's company and its orders, one in each state. */
async function demo() {
  const page = await somebody(browser, world);
  await logIn(page, world.logins.company);
  await page.waitForURL((url) => url.pathname === "/");
  const addresses = [
    ["home-logged-in", "/"],
    ["orders", "/orders"],
    ["company-approved", "/company"],
    ["company-people", "/company/people"],
    ["company-qualification-approved", "/company/qualification"],
    ["security", "/security"],
  ];
  const sku = (await get(page, "/api/catalog/mall"))?.products[0]?.sku;
  if (sku) {
    addresses.push(["order-new", `/order/new?sku=${encodeURIComponent(sku)}`]);
  }
  const seen = new Set();
  for (const { id, display } of (await get(page, "/api/orders"))?.orders ?? []) {
    if (seen.has(display)) {
      continue;
    }
    seen.add(display);
    addresses.push([`order-${display}`, `/orders/${id}`]);
    if (display === "awaiting_payment") {
      addresses.push(["pay", `/orders/${id}/pay`]);
    }
    if (display === "awaiting_materials" || display === "changes_requested") {
      addresses.push(
        [`materials-${display}`, `/orders/${id}/lines/1/materials`],
        ["template-letter", `/orders/${id}/lines/1/templates/authorisation_letter`],
        ["template-seal", `/orders/${id}/lines/1/templates/seal_sheet`],
      );
    }
  }
  await visit(page, addresses);
}

/** The demo's company that is bound to a key. */
async function bound() {
  const page = await somebody(browser, world);
  const telephone = await inbox(world, world.logins.bound.mobile);
  await logIn(page, world.logins.bound);
  await page.getByLabel("验证码", { exact: true }).fill(await telephone.code());
  await here(page, "login-code");
  await page.getByRole("button", { name: "登录", exact: true }).click();
  await page.waitForURL((url) => url.pathname === "/");
  await visit(page, [
    ["home-limited", "/"],
    ["company-limited", "/company"],
  ]);
}

/** Somebody new: registers, fills in the file, hands the licence in. */
async function newcomer(company) {
  const page = await somebody(browser, world);
  await page.goto("/register");
  await register(page, world, company, () => here(page, "register-code"));
  await page.getByText("注册成功，您已登录").waitFor();
  await here(page, "register-done");
  await visit(page, [
    ["home-open", "/"],
    ["company-qualification-open", "/company/qualification"],
  ]);
  await page.setViewportSize(SIZES.desktop);
  await page.goto("/company");
  await page.getByRole("button", { name: "编辑基本信息" }).click();
  await page.getByLabel("法定代表人", { exact: true }).fill("王建国");
  await page.getByLabel("法定代表人身份证号").fill(idNumber());
  await page.getByRole("checkbox", { name: /单独同意将其身份证号/ }).check();
  await page.getByLabel("注册地址").fill("江苏省南京市玄武区中山路 100 号");
  await here(page, "company-basics");
  await page.setViewportSize(SIZES.desktop);
  await page.getByRole("button", { name: "确认更新" }).click();
  await page.getByText("基本信息已更新。").waitFor();
  await page.getByRole("button", { name: "添加发票信息" }).click();
  await page.getByRole("radio", { name: "增值税专用发票" }).check();
  const titles = page.getByRole("region", { name: "发票信息", exact: true });
  for (const [label, text] of [
    ["开户银行", "中国银行南京分行"],
    ["银行账号", "6222 0000 1111 2222"],
    ["注册地址", "江苏省南京市玄武区中山路 100 号"],
    ["注册电话", "025-84730000"],
  ]) {
    await titles.getByLabel(label, { exact: true }).fill(text);
  }
  await here(page, "company-title");
  await page.setViewportSize(SIZES.desktop);
  await titles.getByRole("button", { name: "完善" }).click();
  await titles.getByText("发票信息已保存。").waitFor();
  await page.goto("/company/qualification");
  await paper(page, "营业执照", "营业执照.jpg", "image/jpeg", await jpeg(page));
  await page.getByRole("button", { name: "提交审核" }).click();
  await page.getByText("企业资料已提交，正在等待审核").waitFor();
  await visit(page, [
    ["company", "/company"],
    ["company-qualification-submitted", "/company/qualification"],
    ["company-history", "/company/history"],
  ]);
}

/** The same company forgets its password, unbinds, and says that it was somebody else. */
async function troubles(company) {
  const page = await somebody(browser, world);
  await page.goto("/forgot");
  await page.getByLabel("企业名称").fill(company.name);
  await page.getByLabel("注册的手机号").fill(company.mobile);
  await page.getByRole("button", { name: "获取验证码" }).click();
  await page.getByLabel("验证码", { exact: true }).waitFor();
  await here(page, "forgot-code");
  await page.goto("/unbind");
  await page.getByLabel("邮箱", { exact: true }).fill(company.mail);
  await page.getByLabel("企业名称").fill(company.name);
  await page.getByLabel("联系人").fill(company.contact);
  const mailbox = await inbox(world, company.mail);
  await page.getByRole("button", { name: "验证信息" }).click();
  await page.getByLabel("邮箱验证码").fill(await mailbox.code());
  await here(page, "unbind-code");
  await page.getByRole("button", { name: "完成解绑" }).click();
  await page.getByRole("heading", { name: "解绑成功", level: 1 }).waitFor();
  await here(page, "unbind-done");
  await page.goto(await mailbox.link("/objection"));
  await page.getByRole("button", { name: "这不是我们操作的，立即停止" }).waitFor();
  await here(page, "objection");
}

/** Somebody who lost mailbox and mobile number. */
async function recovery(company) {
  const page = await somebody(browser, world);
  const to = { mobile: mobile(), mail: `neu-${stamp}@example.com` };
  await page.goto("/recover");
  await page.getByLabel("企业名称").fill(company.name);
  await page.getByLabel("统一社会信用代码").fill(company.code);
  await page.getByLabel("联系人姓名").fill("韩梅梅");
  await page.getByLabel("新手机号").fill(to.mobile);
  await page.getByLabel("新邮箱").fill(to.mail);
  await page.getByRole("checkbox", { name: /单独同意处理其身份证件/ }).check();
  const [telephone, mailbox] = await Promise.all([to.mobile, to.mail].map((target) => inbox(world, target)));
  await page.getByRole("button", { name: "提交并获取验证码" }).click();
  await page.getByLabel("短信验证码").fill(await telephone.code());
  await page.getByLabel("邮箱验证码").fill(await mailbox.code());
  await here(page, "recover-codes");
  await page.getByRole("button", { name: "确认联系方式" }).click();
  await paper(page, "营业执照", "营业执照.jpg", "image/jpeg", await jpeg(page));
  await paper(page, "盖章授权书", "授权书.pdf", "application/pdf", pdf());
  await paper(page, "法定代表人身份证", "身份证.png", "image/png", png(900, 600));
  await here(page, "recover-papers");
  await page.getByRole("button", { name: "提交审核" }).click();
  await page.getByText("材料已提交，由两位审核人员分别核实").waitFor();
  await visit(page, [["recover-submitted", "/recover"]]);
}

/** The desks about orders, with their first row. */
async function desk(who, name, queue) {
  const page = await staff(who);
  const addresses = [[`console-${name}-queue`, `/console/${name}`]];
  const row = (await get(page, `/api/console/${queue}`))?.lines[0];
  if (row) {
    addresses.push([`console-${name}`, `/console/${name}/${row.order}/${row.line}`]);
  }
  await visit(page, addresses);
  return page;
}

/** The reviewer's desks about companies. */
async function companies(page, company) {
  const addresses = [];
  for (const [name, place, papers] of [
    ["company", "companies", ["营业执照"]],
    ["recovery", "recoveries", ["营业执照", "盖章授权书", "法定代表人身份证"]],
  ]) {
    await atDesk(page, place, company.name);
    await shownAsImages(page, papers);
    addresses.push(
      [`console-${place}`, `/console/${place}`],
      [`console-${name}`, new URL(page.url()).pathname, (shown) => shownAsImages(shown, papers)],
    );
    if (name === "company") {
      await page.getByRole("button", { name: "领取审核" }).click();
      await page.getByRole("button", { name: "审核通过" }).waitFor();
    }
  }
  await visit(page, [...addresses, ["console-security", "/console/security"]]);
}

/** Administrators: staff with a change that waits, branches, the audit; and what an invited one sees. */
async function administrators() {
  const page = await staff("admin");
  const name = `新同事${stamp}`;
  const mail = `colleague-${stamp}@sealkey.example`;
  await page.goto("/console/staff");
  await page.getByRole("button", { name: "邀请人员" }).click();
  await page.getByLabel("姓名").fill(name);
  await page.getByLabel("工作邮箱").fill(mail);
  await page.getByRole("checkbox", { name: /^客服/ }).check();
  await page.getByLabel("原因").fill("新人入职");
  await here(page, "console-staff-invite");
  await page.setViewportSize(SIZES.desktop);
  await page.getByRole("button", { name: "提交邀请" }).click();
  await page.getByText(`已提交对 ${name} 的邀请`).waitFor();
  const second = await staff("admin2");
  await visit(second, [
    ["console-staff", "/console/staff"],
    ["console-branches", "/console/branches"],
    ["console-audit", "/console/audit"],
  ]);
  const mailbox = await inbox(world, mail);
  await second.goto("/console/staff");
  await second.getByRole("button", { name: new RegExp(`^同意: 邀请 ${name}`) }).click();
  await confirm(second);
  const invited = await somebody(browser, world);
  await invited.goto(await mailbox.link("/console/invite"));
  await invited.getByRole("img", { name: "动态验证码的二维码" }).waitFor();
  await here(invited, "console-invite");
}

try {
  await visit(undefined, [
    ["home", "/"],
    ["register", "/register"],
    ["login", "/login"],
    ["forgot", "/forgot"],
    ["counter-register", "/counter/register"],
    ["counter-login", "/counter/login"],
    ["unbind", "/unbind"],
    ["recover", "/recover"],
    ["not-found", "/nowhere"],
    ["console-login", "/console/login"],
  ]);
  for (const [size, dimensions] of Object.entries(SIZES)) {
    const page = await (await open(browser, world.web, dimensions)).newPage();
    await page.goto("/too-old.html");
    await page.screenshot({ path: `${folder}too-old-${size}.png`, fullPage: true });
    await page.context().close();
  }
  await demo();
  await bound();
  const company = {
    name: `南京新来者${stamp}有限公司`,
    account: `pictures-${stamp}`,
    password: `清晨的第一杯龙井茶 ${stamp}`,
    code: creditCode(),
    contact: "李雷",
    mobile: mobile(),
    mail: `pictures-${stamp}@example.com`,
  };
  await newcomer(company);
  await recovery(company);
  const reviewer = await desk("reviewer", "review", "reviews");
  await desk("maker", "production", "production");
  await desk("shipper", "shipping", "shipping");
  await companies(reviewer, company);
  await administrators();
  await troubles(company);
} finally {
  await browser.close();
}
console.log(`${taken} pictures in ${folder}`);
