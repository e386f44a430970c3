/**
 * The whole job in a browser, on a real stack: a company registers and is qualified, orders a key, pays by QR code,
 * uploads its papers, is sent back once and approved; the keys are made at a desk, one of them twice, handed over and
 * arrive; one is activated, and logs in. SEALKEY_STACK names the stack.json.
 */
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { after, before } from "node:test";

import {
  atDesk,
  choose,
  choosePin,
  confirm,
  creditCode,
  enrolDesk,
  fillAddress,
  jpeg,
  launch,
  lineShows as lineOf,
  makeKeys,
  mobile,
  open,
  openAgent,
  paper,
  pay,
  pdf,
  png,
  post,
  proveOneself,
  register,
  seat,
  secondLook,
  shownAsImages,
  somebody,
  stack,
  stampedSheet,
  story,
  submit,
  takeIn,
  toBePaid,
  token,
  typePin,
} from "./lib.mjs";

const QUANTITY = 3;
const world = stack();
const stamp = Date.now().toString(36);
/** The blank keys that become those of the order. */
const serials = Array.from({ length: QUANTITY }, (_, place) => `BJ${stamp.toUpperCase()}${place + 1}`);
/** One that turns out bad, and what the company chooses for the first one. */
const bad = `BJ${stamp.toUpperCase()}0`;
const PIN = `Own-${stamp}`;
const company = {
  name: `南京端到端测试${stamp}有限公司`,
  account: `e2e-${stamp}`,
  password: `端到端的一句长密码 ${stamp}`,
  code: creditCode(),
  contact: "李雷",
  mobile: mobile(),
  mail: `e2e-${stamp}@example.com`,
};

let browser;
/** The pages that are open, by who sits before them. */
const at = {};
const step = story(at);
let order;

before(async () => {
  browser = await launch();
  at.company = await somebody(browser, world);
});

after(async () => {
  await browser?.close();
});

const staff = (role) => seat(browser, world, at, role);

/** Opens our order at a desk, once it has got there. */
async function orderAtDesk(role, desk) {
  const page = await staff(role);
  await atDesk(page, desk, order);
  await page.waitForURL(`**/console/${desk}/${order}/1`);
  return page;
}

const lineShows = (word) => lineOf(at.company, /带签章电子密钥/, word);

// covers: R1
step("any supplier registers online and is logged in", async () => {
  const page = at.company;
  await page.goto("/register");
  await page.getByLabel("统一社会信用代码").fill("91440300708461136A");
  await page.getByLabel("联系人姓名").fill(company.contact);
  await page.getByText("校验位不正确").waitFor();
  await register(page, world, company);
  await page.getByText("注册成功，您已登录").waitFor();
  await page.getByText(company.name).first().waitFor();
  await page.getByRole("link", { name: "以后再说，继续浏览" }).click();
  await page.waitForURL((url) => url.pathname === "/");
});

step("login and logout are one session each, and lead back to where one was", async () => {
  const page = at.company;
  await page.getByRole("button", { name: "退出登录" }).click();
  await page.getByRole("link", { name: "账号登录" }).waitFor();
  await page.goto("/orders");
  await page.waitForURL(/\/login\?next=/);
  await page.getByLabel("账号名或企业名称").fill(company.account);
  await page.getByLabel("密码", { exact: true }).fill("not the password");
  await page.getByRole("button", { name: "登录", exact: true }).click();
  await page.getByRole("alert").getByText("账号或密码不正确").waitFor();
  await page.getByLabel("密码", { exact: true }).fill(company.password);
  await page.getByRole("button", { name: "登录", exact: true }).click();
  await page.waitForURL((url) => url.pathname === "/orders");
  await page.getByText("还没有订单").waitFor();
});

// covers: R2, R3
step("the company hands in its licence, a reviewer approves it, and buying opens", async () => {
  const page = at.company;
  await page.goto("/");
  await page.getByText("购买前请先提交企业资料").waitFor();
  await page.getByRole("link", { name: "去提交企业资料" }).click();
  await page.getByRole("link", { name: "修改基本信息" }).first().click();
  await page.getByRole("button", { name: "编辑基本信息" }).click();
  await page.getByLabel("法定代表人", { exact: true }).fill("王建国");
  await page.getByRole("button", { name: "确认更新" }).click();
  await page.getByText("基本信息已更新。").waitFor();
  await page.getByRole("link", { name: "企业资料审核", exact: true }).click();
  await paper(page, "营业执照", "营业执照.jpg", "image/jpeg", await jpeg(page));
  await page.getByRole("button", { name: "提交审核" }).click();
  await page.getByText("企业资料已提交，正在等待审核").waitFor();

  const desk = await staff("reviewer");
  await atDesk(desk, "companies", company.name);
  await shownAsImages(desk, ["营业执照"]);
  await desk.getByRole("button", { name: "领取审核" }).click();
  await desk.getByRole("button", { name: "审核通过" }).click();
  await confirm(desk);
  await desk.getByText(`${company.name} 已审核通过`).waitFor();

  await page.reload();
  await page.getByText("企业资料已审核通过，可以在商城购买。").waitFor();
});

// covers: R1, R6, R8
step("the mall sells the key with seal, and 立即申办 leads to the order", async () => {
  const page = at.company;
  await page.goto("/");
  await page
    .getByRole("heading", { name: /带签章电子密钥/ })
    .first()
    .waitFor();
  await page
    .getByRole("button", { name: /立即申办.*带签章电子密钥/ })
    .first()
    .click();
  await page.waitForURL(/\/order\/new\?sku=/);

  await page.getByLabel("数量", { exact: true }).fill(String(QUANTITY));
  await page.getByRole("radio", { name: /加急 6 小时.*半天制作完成/ }).check();
  assert.equal(await page.getByRole("checkbox", { name: "开具发票" }).isChecked(), true);
  await fillAddress(page, {
    收件人: "韩梅梅",
    手机号: "13900139000",
    省份: "江苏省",
    城市: "南京市",
    区县: "玄武区",
    详细地址: "中山路 100 号",
  });
  await page.reload();
  await page.getByLabel("详细地址").waitFor();
  assert.equal(await page.getByLabel("详细地址").inputValue(), "中山路 100 号");
  assert.equal(await page.getByLabel("数量", { exact: true }).inputValue(), String(QUANTITY));

  const promised = page.getByTestId("promise").first();
  await promised.getByText(/现在审核通过的，最晚 [\d/]+ (12:00|17:30) 制作完成/).waitFor();
  await secondLook(page);
  for (const text of [company.name, "韩梅梅", "加急 6 小时", "纸质普通发票"]) {
    await page.getByRole("region", { name: "确认信息" }).getByText(text).first().waitFor();
  }
  await submit(page);
  order = await toBePaid(page);
});

// covers: R16
step("after payment by QR code the page goes on to the order's detail, where materials are uploaded", async () => {
  const page = at.company;
  await page.getByRole("button", { name: "显示付款二维码" }).click();
  await page.getByRole("img", { name: "付款二维码" }).waitFor();
  const scanned = await page.getByRole("link", { name: /打开支付宝/ }).getAttribute("href");

  // Before payment the detail offers no upload.
  const detail = await page.context().newPage();
  await detail.goto(`/orders/${order}`);
  await detail.getByRole("button", { name: "去支付" }).waitFor();
  assert.equal(await detail.getByRole("button", { name: "上传资料" }).count(), 0);
  await detail.close();

  at.phone = await (await open(browser, undefined, { width: 390, height: 844 })).newPage();
  await pay(at.phone, scanned);

  await page.waitForURL((url) => url.pathname === `/orders/${order}`, { timeout: 60_000 });
  await page.getByRole("heading", { name: "订单明细" }).waitFor();
  await lineShows("待上传资料");
  await page.getByRole("button", { name: "上传资料" }).click();
  await page.waitForURL(/\/materials$/);
});

// covers: R20
step("papers are uploaded, and the line becomes 待审核", async () => {
  const page = at.company;
  await page.getByRole("heading", { name: "基本资料" }).waitFor();
  await page.getByLabel("法定代表人", { exact: true }).fill("王建国");
  await page.getByRole("button", { name: "提交审核" }).click();
  await page.getByText("请上传此项资料").first().waitFor();
  await paper(page, "营业执照", "营业执照.jpg", "image/jpeg", await jpeg(page));
  await paper(page, "法人代表授权书", "授权书.pdf", "application/pdf", pdf());
  await paper(page, "电子印章采集模板", "印章.png", "image/png", png());
  // What is uploaded survives a reload.
  await page.reload();
  await page.getByText("授权书.pdf").waitFor();
  await page.getByRole("button", { name: "提交审核" }).click();
  await page.waitForURL((url) => url.pathname === `/orders/${order}`);
  await lineShows("待审核");
});

step("a reviewer looks at the pages beside the data and sends one paper back with a reason", async () => {
  const page = await orderAtDesk("reviewer", "review");
  const data = page.getByRole("region", { name: "填写信息" });
  for (const text of [company.name, company.code, "王建国"]) {
    await data.getByText(text).waitFor();
  }
  await shownAsImages(page, ["营业执照", "法人代表授权书", "电子印章采集模板"]);
  await page.getByRole("button", { name: "领取审核" }).click();
  await page.getByRole("button", { name: "退回修改" }).click();
  await page.getByRole("checkbox", { name: "电子印章采集模板" }).check();
  await choose(page, "电子印章采集模板：退回原因", "图像不清晰");
  await page.getByLabel("电子印章采集模板：说明").fill("公章边缘不清晰");
  await page.getByRole("button", { name: "确认退回" }).click();
  await page.getByText(`订单 ${order} 的资料已退回`).waitFor();
});

// covers: R19, R20
step("only the refused paper is uploaded again, printed and stamped, and the line is 待审核 once more", async () => {
  const page = at.company;
  await lineShows("需修改资料");
  await page
    .getByText(/公章边缘不清晰/)
    .first()
    .waitFor();
  await page.getByRole("button", { name: "修改资料" }).click();
  const slot = page.getByRole("region", { name: "电子印章采集模板", exact: true });
  await slot.getByText("公章边缘不清晰").waitFor();
  assert.equal(await page.getByText("无需重传").count(), 2);
  const sheet = await stampedSheet(page, order);
  await paper(page, "电子印章采集模板", "印章-重扫.pdf", "application/pdf", sheet);
  await page.getByRole("button", { name: "提交审核" }).click();
  await page.waitForURL((url) => url.pathname === `/orders/${order}`);
  await lineShows("待审核");
});

// covers: R19, R20
step("the stamp was cut and measured by the sheet's marks; after approval the line is 制作中", async () => {
  const page = await orderAtDesk("reviewer", "review");
  await page.getByText("印章-重扫.pdf").waitFor();
  await shownAsImages(page, ["营业执照", "法人代表授权书", "电子印章采集模板"]);
  await page.getByRole("button", { name: "领取审核" }).click();
  await page.getByText("按采集模板四角的定位标记测量").waitFor();
  for (const side of ["宽", "高"]) {
    const measured = Number(await page.getByLabel(`印章 1：${side}（毫米）`).inputValue());
    assert.ok(Math.abs(measured - 40) <= 0.5, `${side} ${measured}`);
  }
  await page.getByRole("button", { name: "审核通过" }).click();
  await confirm(page);
  await page.getByText(`订单 ${order} 已审核通过`).waitFor();
  await lineShows("制作中");
  // The desk's working day may end while this walk goes on: then it says that it is late.
  await at.company
    .getByText(/最晚 [\d/]+ [\d:]+ 制作完成并交出|未能在承诺的 [\d/]+ [\d:]+ 前交出/)
    .first()
    .waitFor();
});

step("an administrator enrols this computer as a desk, and takes blank keys into the stock", async () => {
  const page = await staff("admin");
  await enrolDesk(page, `端到端工位 ${stamp}`);
  await takeIn(page, world, [bad, ...serials]);
});

step("a maker makes each key at the desk, and openssl accepts its certificate", async () => {
  const page = await orderAtDesk("maker", "production");
  const seals = page.getByRole("region", { name: "电子印章", exact: true });
  await seals.getByRole("img").waitFor();
  assert.equal(await seals.getByText("待写入").count(), QUANTITY);
  await makeKeys(page, serials, company.name, { scrapped: bad });
  await seals
    .getByText("有效")
    .nth(QUANTITY - 1)
    .waitFor();
  [bad, ...serials].forEach((serial) => token(world, "eject", serial));
});

let waybill;

step("the parcel is handed to the courier, and the company sees where it is", async () => {
  const page = await orderAtDesk("shipper", "shipping");
  await page.getByRole("region", { name: "收件信息" }).getByText("韩梅梅").waitFor();
  await page.getByRole("button", { name: "已交给快递" }).click();
  await confirm(page);
  await page.getByText("包裹已交给快递").waitFor();
  await lineShows("已发货");
  const shown = at.company.getByText(/^快递单号/);
  await shown.waitFor();
  waybill = (await shown.innerText()).replace("快递单号", "").trim();
  assert.match(waybill, /^\w+$/);
});

step("the courier delivers, and the company sees 已完成", async () => {
  await post(`${world.sandbox}/courier/shipments/${waybill}/events`, { status: "delivered" });
  await lineShows("已完成");
  const history = at.company.getByRole("region", { name: "查看记录" });
  for (const what of ["创建订单", "提交订单", "付款成功", "提交资料", "审核通过，开始制作", "签发证书", "快递已签收"]) {
    await history.getByText(what).first().waitFor();
  }
});

/** A new window of the agent, opened by the address that one browser got, in another one. */
async function carriedTo(page, address) {
  const window = await page.context().newPage();
  await window.goto(address);
  return window;
}

step("a key that has arrived is activated with password, code and a PIN of one's own", async () => {
  const page = at.company;
  const [serial] = serials;
  token(world, "insert", serial);
  appendFileSync(world.never_logged, `${PIN}\n`);
  await page.goto("/keys");
  await page.getByRole("button", { name: `启用 ${serial}`, exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("登录密码").fill("not the password");
  await dialog.getByRole("button", { name: "获取验证码" }).click();
  await dialog.getByText("密码不正确", { exact: true }).waitFor();
  await proveOneself(world, dialog, company);
  const window = await openAgent(page);
  at.agent = window;
  await choosePin(window, PIN, `${PIN}x`);
  await window.getByText("两次输入的新 PIN 不一致").waitFor();
  await choosePin(window, PIN);
  await window.getByRole("heading", { name: "已完成" }).waitFor();
  await page.getByText("密钥已启用").first().waitFor();
  await window.close();
});

// covers: R27
step("a ticket for a login in somebody else's browser logs nobody in", async () => {
  at.thief = await somebody(browser, world);
  await at.thief.goto("/login?by=key");
  const link = at.thief.getByRole("link", { name: "打开密钥助手", exact: true });
  await link.waitFor();
  // The company is not logged in, and is talked into typing its PIN for another browser's ticket.
  at.owner = await somebody(browser, world);
  const window = await carriedTo(at.owner, await link.getAttribute("href"));
  // The demo's keys are plugged in too.
  await window.locator("label.choice", { hasText: serials[0] }).getByRole("radio").check();
  await typePin(window, PIN);
  await window.waitForURL((url) => url.origin === new URL(world.web).origin);
  await window.getByText("请在发起登录的同一浏览器中完成密钥登录").waitFor();
  for (const page of [at.owner, at.thief]) {
    await page.goto("/orders");
    await page.waitForURL(/\/login\?next=/);
  }
  await window.close();
});

// covers: R27
step("who has the key logs in by it, in the browser that asked", async () => {
  const page = at.owner;
  await page.goto("/login");
  await page
    .getByRole("button", { name: "用密钥登录" })
    .or(page.getByRole("link", { name: "用密钥登录" }))
    .first()
    .click();
  const window = await openAgent(page);
  // The demo's keys are plugged in too.
  await window.locator("label.choice", { hasText: serials[0] }).getByRole("radio").check();
  await typePin(window, PIN);
  await window.waitForURL((url) => url.origin === new URL(world.web).origin && url.pathname === "/");
  await window.getByText(company.name).first().waitFor();
  assert.equal(new URL(window.url()).hash, "");
  await page.goto(`/orders/${order}`);
  await page.getByRole("article", { name: /带签章电子密钥/ }).waitFor();
  token(world, "eject", serials[0]);
});

// covers: R71
step("a double click on the order in the list opens it: order data, waybill, why it was sent back", async () => {
  const page = at.company;
  await page.goto("/orders?state=completed");
  const card = page.getByRole("listitem").filter({ has: page.getByRole("link", { name: `订单明细 ${order}` }) });
  await card.dblclick();
  await page.waitForURL((url) => url.pathname === `/orders/${order}`);
  const about = page.getByRole("region", { name: "订单信息" });
  for (const text of [order, company.name, "韩梅梅", "加急 6 小时", "纸质普通发票"]) {
    await about.getByText(text).first().waitFor();
  }
  await page
    .getByRole("article", { name: /带签章电子密钥/ })
    .getByText(waybill, { exact: true })
    .waitFor();
  await page
    .getByRole("region", { name: "查看记录" })
    .getByText(/公章边缘不清晰/)
    .first()
    .waitFor();
});

step("a stranger is told nothing about the order", async () => {
  const page = await somebody(browser, world);
  at.stranger = page;
  await page.goto(`/orders/${order}`);
  await page.waitForURL(/\/login\?next=/);
  await page.goto("/console/review");
  await page.waitForURL(/\/console\/login/);
});
