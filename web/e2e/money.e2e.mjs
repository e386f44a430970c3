/**
 * Money in a browser, on a real stack: paid by each gateway, a code that is over and the next one, paid twice and given
 * up with the refund to be seen, and the books of it all at the finance desk. SEALKEY_STACK names the stack.json.
 */
import assert from "node:assert/strict";
import { after, before } from "node:test";

import { enterConsole, launch, open, pay, somebody, stack, story, xtask } from "./lib.mjs";

const world = stack();
let browser;
const at = {};
const step = story(at);

before(async () => {
  browser = await launch();
  at.company = await somebody(browser, world);
  at.phone = await (await open(browser, undefined, { width: 390, height: 844 })).newPage();
});

after(async () => {
  await browser?.close();
});

/** A call of the API as the company's page makes it. */
async function call(path, body) {
  const { status, text } = await at.company.evaluate(
    async ([to, what]) => {
      const answer = await fetch(`/api${to}`, {
        method: "POST",
        headers: { "x-sealkey-request": "1", ...(what && { "content-type": "application/json" }) },
        ...(what && { body: JSON.stringify(what) }),
      });
      return { status: answer.status, text: await answer.text() };
    },
    [path, body],
  );
  assert.ok(status < 300, `${path} answered ${status}: ${text}`);
  return JSON.parse(text);
}

/** An order that waits for money. */
async function ordered() {
  const address = {
    name: "韩梅梅",
    mobile: "13800138000",
    province: "江苏省",
    city: "南京市",
    district: "建邺区",
    detail: "江东中路 1 号",
  };
  const { id } = await call("/orders", {
    storefront: "mall",
    lines: [{ sku: "key-seal-1y", quantity: 1 }],
    urgency: "none",
    delivery: { kind: "courier_prepaid", address },
    invoice: null,
  });
  await call(`/orders/${id}/submit`);
  return id;
}

/** Chooses a way to pay on the pay page, and returns what the code says. */
async function code(order, method) {
  const page = at.company;
  await page.goto(`/orders/${order}/pay`);
  await page.getByRole("radio", { name: method }).check();
  await page.getByRole("button", { name: "显示付款二维码" }).click();
  return shown();
}

/** The address in the code that is shown. */
async function shown() {
  await at.company.getByTestId("code").waitFor();
  const link = at.company.getByRole("link", { name: /正在用手机浏览/ });
  return link.getAttribute("href");
}

/** The page goes on to the order by itself. */
async function goesOn(order) {
  await at.company.waitForURL((url) => url.pathname === `/orders/${order}`, { timeout: 60_000 });
}

/** Waits for the refund of an order to be with its payer, without touching the page. */
async function refunded(order) {
  await at.company.goto(`/orders/${order}`);
  const refund = at.company.getByRole("article", { name: new RegExp(`${order}_R1`) });
  await refund.and(at.company.locator("[data-progress=done]")).waitFor({ timeout: 120_000 });
  return refund;
}

step("the company logs in", async () => {
  const page = at.company;
  await page.goto("/login?next=/orders");
  await page.getByLabel("账号名或企业名称").fill(world.logins.company.name);
  await page.getByLabel("密码", { exact: true }).fill(world.logins.company.password);
  await page.getByRole("button", { name: "登录", exact: true }).click();
  await page.waitForURL((url) => url.pathname === "/orders");
});

// covers: R15
step("it chooses Alipay, scans and pays", async () => {
  const order = await ordered();
  await pay(at.phone, await code(order, /支付宝/));
  await goesOn(order);
});

// covers: R15
step("it chooses WeChat Pay, scans and pays; reload and a second tab change nothing", async () => {
  const order = await ordered();
  const address = await code(order, /微信支付/);
  await at.company.reload();
  assert.equal(await shown(), address);
  const second = await at.company.context().newPage();
  await second.goto(`/orders/${order}/pay`);
  await second.getByTestId("code").waitFor();
  await second.close();
  await pay(at.phone, address);
  await goesOn(order);
});

step("a code that is over is said to be, and the next one is paid", async () => {
  const order = await ordered();
  const first = await code(order, /支付宝/);
  xtask("stack", "age-code", order, "--stack", process.env.SEALKEY_STACK);
  await at.company.getByText("二维码已失效").waitFor({ timeout: 60_000 });
  await at.company.getByRole("button", { name: "重新获取二维码" }).click();
  const next = await shown();
  assert.notEqual(next, first);
  await pay(at.phone, next);
  await goesOn(order);
});

step("paid on two codes: the page warns of the older one, and what came twice goes back", async () => {
  const order = await ordered();
  const older = await code(order, /支付宝/);
  await at.company.getByRole("button", { name: "改用微信支付" }).click();
  await at.company.locator("[data-testid=code][data-method=wechatpay]").waitFor();
  await at.company.getByText("请勿再扫描之前的二维码").waitFor();
  await pay(at.phone, await shown());
  await goesOn(order);
  await pay(at.phone, older);
  const refund = await refunded(order);
  await refund.getByText("支付宝").first().waitFor();
});

let givenUp;

step("a paid order is given up, and the money is seen to come back", async () => {
  const order = await ordered();
  await pay(at.phone, await code(order, /微信支付/));
  await goesOn(order);
  // Shown as paid first: what it asks before then is about an unpaid order.
  await at.company.getByRole("button", { name: "上传资料" }).waitFor();
  await at.company.getByRole("button", { name: "取消订单" }).click();
  await at.company.getByText("将全额原路退回付款账户").waitFor();
  await at.company.getByRole("button", { name: "取消订单并退款" }).click();
  const refund = await refunded(order);
  await refund.getByText("回执号").first().waitFor();
  await at.company.goto("/orders");
  await at.company.getByText("已退款").first().waitFor();
  givenUp = order;
});

step("the finance desk shows the books of it: paid, and back", async () => {
  at.finance = await somebody(browser, world);
  await at.finance.goto("/console");
  await enterConsole(at.finance, world.logins.staff.finance);
  await at.finance.waitForURL(/\/console\/\w+$/);
  await at.finance.goto(`/console/ledger/orders/${givenUp}`);
  const equation = at.finance.getByTestId("equation");
  await equation.waitFor();
  const sums = (await equation.innerText()).match(/[\d,]+\.\d\d/g);
  assert.equal(sums.length, 4);
  // paid = earned + refunded + held
  assert.deepEqual([sums[1], sums[3]], ["0.00", "0.00"]);
  assert.equal(sums[0], sums[2]);
});
