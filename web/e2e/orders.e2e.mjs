/**
 * Orders in browsers, on a real stack: several things in one order of the mall, an upgrade with the time left taken off
 * its price, an order of the order service that is sent back with its money and taken again, and how all of them are
 * found. SEALKEY_STACK names the stack.json. The demo's old key gives its time left once ever, so on one stack once.
 */
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { after, before } from "node:test";

import {
  atDesk,
  choose,
  confirm,
  creditCode,
  fact,
  fillAddress,
  jpeg,
  launch,
  lineShows,
  logIn,
  enrolDesk,
  makeKeys,
  messages,
  mobile,
  open,
  openAgent,
  paper,
  part,
  pdf,
  png,
  register,
  scan,
  seat,
  secondLook,
  shownAsImages,
  somebody,
  takeIn,
  token,
  stack,
  story,
  submit,
  toBePaid,
  typePin,
  until,
  wrong,
} from "./lib.mjs";

const world = stack();
const stamp = Date.now().toString(36);
/** Keys of the demo's company: an old one with 20 months left, one that ends in 2 months, one that ends in 11. */
const [CPP, ENDING, YOUNG] = ["DEMO-CPP-20M", "DEMO-RENEW-2M", "DEMO-BJCA-11M"];
const company = {
  name: `南京订单服务${stamp}有限公司`,
  password: `雨后的石板路与青苔 ${stamp}`,
  code: creditCode(),
  contact: "林涛",
  mobile: mobile(),
  mail: `orders-${stamp}@example.com`,
};
const KEYS = 2;
/** A PIN that nobody guesses, and no other test has. */
const NEW_PIN = `np-${stamp}`;
const SERIAL = `OS${stamp.toUpperCase()}`;

let browser;
/** The pages that are open, by who sits before them. */
const at = {};
/** Orders by what they are. */
const orders = {};

before(async () => {
  browser = await launch();
  at.demo = await somebody(browser, world);
  at.counter = await somebody(browser, world);
  at.phone = await (await open(browser, undefined, { width: 390, height: 844 })).newPage();
});

after(async () => {
  await browser?.close();
});

const staff = (who) => seat(browser, world, at, who);

const total = (page) => page.getByTestId("total");

/** The demo's company at the mall. */
async function demo() {
  const page = at.demo;
  if (page.url() === "about:blank") {
    await logIn(page, world.logins.company.name, world.logins.company.password);
    await page.waitForURL((url) => url.pathname === "/");
  }
  return page;
}

/** All orders of the company that sits there, by their numbers. */
async function numbers(page) {
  const list = await page.evaluate(async () => (await fetch("/api/orders")).json());
  return list.orders.map(({ id }) => id);
}

// Several things in one order of the mall.
{
  const step = story(at);

  // covers: R4, R5
  step("the mall sells new keys, renewal, unlock and upgrade, and the replacement that its list forgot", async () => {
    const page = await demo();
    for (const kind of ["密钥新办", "密钥续期", "密钥解锁", "升级密钥", "密钥补办"]) {
      const service = part(page, kind);
      await service
        .getByRole("button", { name: /^立即申办/ })
        .first()
        .waitFor();
      await service
        .getByText(/^¥\d+\.\d\d$/)
        .first()
        .waitFor();
    }
  });

  // covers: R7, R23
  step("a new key, a renewal and an unlock in one list, with speed and address; a reload keeps it", async () => {
    const page = await demo();
    await page.getByRole("button", { name: /立即申办.*带签章电子密钥.*1年/ }).click();
    await page.waitForURL(/\/order\/new\?sku=/);
    await page.getByRole("article", { name: /带签章电子密钥/ }).waitFor();

    await page.goto("/keys");
    await page.getByRole("button", { name: `去续期 ${ENDING}` }).click();
    const renewal = page.getByRole("article", { name: /密钥续期/ });
    assert.equal(await renewal.getByRole("radio", { name: ENDING }).isChecked(), true);
    // The other one has too long to go.
    await renewal
      .getByRole("listitem")
      .filter({ hasText: YOUNG })
      .getByText(/还不能办理，.*起开放/)
      .waitFor();

    await choose(page, "再选一个商品", "密钥解锁");
    await page.getByRole("button", { name: "加入清单" }).click();
    const unlock = page.getByRole("article", { name: "密钥解锁" });
    await page.getByRole("button", { name: "下一步", exact: true }).click();
    await unlock.getByText("请选择密钥").waitFor();
    await unlock.getByRole("radio", { name: YOUNG }).check();

    // Only what is made can be made faster.
    await page.getByRole("radio", { name: /加急 12 小时.*\+¥100\.00/ }).check();
    await total(page).getByText("¥750.00", { exact: true }).waitFor();

    const detail = `珠江路 ${stamp} 号`;
    await fillAddress(page, {
      收件人: "韩梅梅",
      手机号: "13900139000",
      省份: "江苏省",
      城市: "南京市",
      区县: "玄武区",
      详细地址: detail,
    });
    await page.getByRole("button", { name: "保存到收货地址" }).click();
    const saved = page.getByRole("radio", { name: new RegExp(`韩梅梅.*${detail}`) });
    await saved.waitFor();
    assert.equal(await saved.isChecked(), true);
    await page.getByRole("button", { name: "修改所选地址" }).click();
    await page.getByLabel("详细地址").fill(`${detail} 3 楼`);
    await page.getByRole("button", { name: "保存到收货地址" }).click();
    await page.getByRole("radio", { name: new RegExp(`${detail} 3 楼`) }).waitFor();

    await page.reload();
    await total(page).getByText("¥750.00", { exact: true }).waitFor();
    const sums = part(page, "费用合计").getByRole("listitem");
    assert.equal(await sums.count(), 3);
    for (const [name, ...money] of [
      ["带签章电子密钥", "¥360.00 × 1", "+¥100.00 × 1", "¥460.00"],
      ["密钥续期", "¥240.00 × 1", "¥240.00"],
      ["密钥解锁", "¥50.00 × 1", "¥50.00"],
    ]) {
      const said = await sums.filter({ hasText: name }).innerText();
      for (const sum of money) {
        assert.ok(said.includes(sum), `${sum} in ${said}`);
      }
    }
    assert.equal(await unlock.getByRole("radio", { name: YOUNG }).isChecked(), true);
    assert.equal(await page.getByRole("radio", { name: /加急 12 小时/ }).isChecked(), true);
    assert.equal(await page.getByRole("radio", { name: new RegExp(`${detail} 3 楼`) }).isChecked(), true);
  });

  // covers: R10, R11
  step("an invoice is ticked; without it no step for it, and plain words that none can be had later", async () => {
    const page = await demo();
    const never = "取消勾选即视为不开发票。订单提交后不能补开发票。";
    const steps = page.getByRole("list", { name: "填写步骤" });
    const tick = page.getByRole("checkbox", { name: "开具发票" });
    assert.equal(await tick.isChecked(), true);
    await steps.getByText("填写发票").waitFor();
    assert.equal(await page.getByText(never).count(), 0);

    await tick.uncheck();
    await page.getByText(never).waitFor();
    assert.equal(await steps.getByText("填写发票").count(), 0);
    await page.getByRole("button", { name: "下一步", exact: true }).click();
    const look = part(page, "确认信息");
    await look.getByText("不开发票", { exact: true }).waitFor();
    await look.getByText(never).waitFor();

    await page.getByRole("button", { name: "上一步" }).click();
    await tick.check();
    await page.getByRole("button", { name: "下一步", exact: true }).click();
    const kinds = page.getByRole("radiogroup", { name: "发票类型" });
    assert.equal(await kinds.getByRole("radio", { name: "纸质普通发票" }).isChecked(), true);
    await kinds.getByRole("radio", { name: "增值税专用发票" }).check();
    await page.reload();
    await kinds.waitFor();
    assert.equal(await kinds.getByRole("radio", { name: "增值税专用发票" }).isChecked(), true);
  });

  // covers: R12, R13
  step("a special invoice wants more data: 点击此处 leads to where they are added, then one goes on", async () => {
    const page = await demo();
    const next = page.getByRole("button", { name: "下一步", exact: true });
    await next.click();
    await page
      .getByText(/^专用发票需要开户行、账号、地址和电话/)
      .nth(1)
      .waitFor();

    const opened = page.waitForEvent("popup");
    await page.getByRole("link", { name: "点击此处" }).click();
    const file = await opened;
    const titles = part(file, "发票信息");
    await titles.getByRole("button", { name: "添加发票信息" }).click();
    await titles.getByRole("radio", { name: "增值税专用发票" }).check();
    for (const [label, text] of [
      ["开户银行", "工商银行玄武支行"],
      ["银行账号", "4301000123456789012"],
      ["注册地址", "南京市玄武区一号"],
      ["注册电话", "025-88880000"],
    ]) {
      await titles.getByLabel(label, { exact: true }).fill(text);
    }
    await titles.getByRole("button", { name: "完善" }).click();
    await titles.getByText("发票信息已保存。").waitFor();
    await file.close();

    await page.getByRole("button", { name: "已添加，重新读取" }).click();
    await page.getByRole("radiogroup", { name: "发票抬头" }).getByRole("radio").first().check();
    await next.click();
    const look = part(page, "确认信息");
    await fact(look, "发票").getByText("增值税专用发票").waitFor();
  });

  // covers: R14, R23, R67
  step(
    "the second look shows every line with its price; a double click submits one order, with its number",
    async () => {
      const page = await demo();
      for (const [name, money] of [
        [/带签章电子密钥/, "¥460.00"],
        [/密钥续期/, "¥240.00"],
        [/密钥解锁/, "¥50.00"],
      ]) {
        await page.getByRole("article", { name }).getByText(money, { exact: true }).waitFor();
      }
      const old = await numbers(page);
      await page.getByText("请再次确认以下信息，无误后点击“提交”。").waitFor();
      await page.getByRole("button", { name: "提交", exact: true }).dblclick();
      orders.three = await toBePaid(page);
      const made = (await numbers(page)).filter((id) => !old.includes(id));
      assert.deepEqual(made, [orders.three]);

      // The moment in Nanjing, to the second, and four digits.
      const [, day, time] = /^(\d{8})(\d{6})\d{4}$/.exec(orders.three);
      const [date, clock] = [day.replace(/^(....)(..)/, "$1-$2-"), time.replace(/^(..)(..)/, "$1:$2:")];
      const since = Date.now() - Date.parse(`${date}T${clock}+08:00`);
      assert.ok(since > -2_000 && since < 60_000, `${orders.three} is ${since} ms old`);
      await page.getByText(`订单号 ${orders.three}`).waitFor();
    },
  );

  // covers: R23
  step("all three are paid by one QR code", async () => {
    const page = await demo();
    await page.getByText("¥750.00", { exact: true }).waitFor();
    await page.getByRole("button", { name: "显示付款二维码" }).click();
    await page.getByTestId("code").waitFor();
    await scan(page, at.phone, orders.three);
  });

  // covers: R24
  step("paid, each line goes its own way: papers for the new key, none for renewal and unlock", async () => {
    const page = await demo();
    const key = await lineShows(page, /带签章电子密钥/, "待上传资料");
    await key.getByText("(¥360.00 + 加急 ¥100.00) × 1").waitFor();
    await key.getByRole("link", { name: "上传资料" }).waitFor();
    for (const [name, serial, sum, words] of [
      [/密钥续期/, ENDING, "¥240.00 × 1", "无需上传资料"],
      [/密钥解锁/, YOUNG, "¥50.00 × 1", "无需审核"],
    ]) {
      const line = await lineShows(page, name, "待办理");
      for (const text of [serial, sum, words]) {
        await line.getByText(text).first().waitFor();
      }
      assert.equal(await line.getByRole("link").count(), 0);
    }
    await page.goto(`/orders/${orders.three}/lines/2/materials`);
    await page.getByText("当前状态不需要上传资料。").waitFor();
  });

  // covers: R25, R26
  step(
    "the key that ends in two months is renewed beside it: one PIN, a year more, and the old pairs stay",
    async () => {
      const page = await demo();
      const before = await page.evaluate(async () => (await fetch("/api/keys")).json());
      const old = before.keys.find((key) => key.serial === ENDING);
      await page.goto(`/orders/${orders.three}`);
      await page.getByRole("button", { name: `去续期，密钥 ${ENDING}` }).click();
      const window = await openAgent(page);
      assert.equal(await fact(window, "需要的密钥").innerText(), ENDING);
      await typePin(window, world.logins.keys.pin);
      await window.getByRole("heading", { name: "已完成" }).waitFor();
      await window.close();
      await page
        .getByRole("dialog")
        .getByText(/续期完成，新的到期日/)
        .waitFor();
      const after = await page.evaluate(async () => (await fetch("/api/keys")).json());
      const renewed = after.keys.find((key) => key.serial === ENDING);
      assert.notEqual(renewed.certificate_serial, old.certificate_serial);
      const years = new Date(renewed.not_after).getUTCFullYear() - new Date(old.not_after).getUTCFullYear();
      assert.equal(years, 1, `${old.not_after} → ${renewed.not_after}`);
      await page.goto(`/orders/${orders.three}`);
      await lineShows(page, /密钥续期/, "已完成");
      // It is the new certificate by which the key is known.
      await page.goto("/keys");
      await page.getByRole("button", { name: `检测密钥 ${ENDING}`, exact: true }).click();
      const tested = await openAgent(page);
      await typePin(tested, world.logins.keys.pin);
      await page.getByRole("dialog").getByText("密钥可以正常使用").waitFor();
      await tested.close();
    },
  );

  // covers: R31, R32
  step("locked by ten wrong PINs, a key is unlocked: ID number, the code of one's own screen, a new PIN", async () => {
    const page = await demo();
    token(world, "lock", YOUNG);
    await page.goto(`/orders/${orders.three}`);
    const go = page.getByRole("button", { name: `去解锁，密钥 ${YOUNG}` });
    const number = page.getByLabel("法定代表人的身份证号");
    await go.click();
    await number.fill("11010519491231002X");
    await page.getByRole("button", { name: "下一步", exact: true }).click();
    await page.getByText(/身份证号与贵单位档案不一致/).waitFor();
    await number.fill(world.logins.company.id_number);
    await page.getByRole("button", { name: "下一步", exact: true }).click();
    const window = await openAgent(page);
    const shown = (await window.locator("#code").innerText()).trim();
    assert.match(shown, /^\d{6}$/);
    appendFileSync(world.never_logged, `${NEW_PIN}\n`);
    await window.getByLabel("新 PIN", { exact: true }).fill(NEW_PIN);
    await window.getByLabel("再次输入新 PIN").fill(NEW_PIN);
    await window.getByRole("button", { name: "确认并继续" }).click();
    await window.getByRole("heading", { name: "等待网站确认" }).waitFor();
    const code = page.getByLabel("6 位确认码");
    await code.fill(wrong(shown));
    await page.getByRole("button", { name: "确认，继续解锁" }).click();
    await page.getByText(/确认码与密钥助手显示的不一致/).waitFor();
    await code.fill(shown);
    await page.getByRole("button", { name: "确认，继续解锁" }).click();
    await window.getByRole("heading", { name: "已完成" }).waitFor();
    await window.close();
    await page.goto(`/orders/${orders.three}`);
    await lineShows(page, /密钥解锁/, "已完成");
    await page.goto("/keys");
    await page.getByRole("button", { name: `检测密钥 ${YOUNG}`, exact: true }).click();
    const tested = await openAgent(page);
    await typePin(tested, NEW_PIN);
    await page.getByRole("dialog").getByText("密钥可以正常使用").waitFor();
    await tested.close();
  });
}

// An upgrade with 1 year 8 months left.
{
  const step = story(at);

  // covers: R37
  step("an upgrade is sold alone: the list says so, goes no further, and has both ways out", async () => {
    const page = await demo();
    await page.goto("/keys");
    const card = part(page, `密钥 ${CPP}`);
    await card.waitFor();
    if (await card.getByText("该证书的剩余年限已经折算过").isVisible()) {
      throw new Error(`the time left on ${CPP} is used, and counts once ever: a fresh stack is needed`);
    }
    // Of a day that is not over, by the tests of keys or by an earlier run: then it need not be read again.
    if (!(await card.getByRole("button", { name: `去升级 ${CPP}` }).isVisible())) {
      await card.getByRole("button", { name: `检测年限 ${CPP}` }).click();
      const window = await openAgent(page);
      await typePin(window, world.logins.keys.pin);
      await page.getByRole("dialog").getByText("检测年限已完成").waitFor();
      await window.close();
    }
    await page.goto("/");
    await page.getByRole("button", { name: /立即申办.*不带签章，1年/ }).click();
    await page.getByRole("article", { name: /不带签章/ }).waitFor();
    await page.goto("/keys");
    await card.getByRole("button", { name: `去升级 ${CPP}` }).click();
    const warning = page.getByRole("alert").filter({ hasText: /升级密钥.*不可与其他商品一起购买/ });
    await warning.waitFor();
    const lines = part(page, "商品").getByRole("article");
    assert.equal(await lines.count(), 2);
    await fillAddress(page, { 省份: "江苏省", 城市: "南京市", 区县: "玄武区", 详细地址: "珠江路 1 号" });
    await page.getByRole("button", { name: "下一步", exact: true }).click();
    await page.waitForFunction(() => scrollY === 0);
    assert.equal(new URL(page.url()).searchParams.get("step"), null);
    await warning.waitFor();

    await warning.getByRole("button", { name: /^移除“升级密钥/ }).waitFor();
    await warning.getByRole("button", { name: /^只保留“升级密钥/ }).click();
    await page.getByText("须单独下单", { exact: true }).waitFor();
    assert.equal(await lines.count(), 1);
    assert.equal(await page.getByLabel("再选一个商品").count(), 0);
  });

  /** Of 420: what the months and days above one year are worth, at 240 a year. In fen. */
  let credit;

  const money = (fen) => `¥${(fen / 100).toFixed(2)}`;

  // covers: R37, R39
  step("1 year 8 months are left: one year goes into the new key, the rest off the price, all reckoned", async () => {
    const page = await demo();
    const reckoning = part(page, "剩余年限折算");
    // The key was given when the stack was made, so some minutes of the last day may be gone.
    const left = await fact(reckoning, "剩余年限").innerText();
    assert.match(left, /^1 年 (8 个月|7 个月 (2[6-9]|30) 天)$/);
    await fact(reckoning, "转接到新介质").getByText("1 年，作为 1 个续期商品，不收费").waitFor();
    assert.equal(`1 年 ${await fact(reckoning, "折算为优惠的部分").innerText()}`, left);
    const worth = await fact(reckoning, "折算金额").innerText();
    const terms = /^（(\d+) \+ (\d+) ÷ (\d+)）个月 × ¥240\.00 ÷ 12 个月 =/;
    const [, months, days, length] = terms.exec(worth.replace(/^(\d+) /, "（$1 + 0 ÷ 30）")) ?? [];
    const parts = Number(months) * Number(length) + Number(days);
    credit = Math.floor((2 * 24_000 * parts + 12 * Number(length)) / (2 * 12 * Number(length)));
    assert.ok(credit >= 7 * 2_000 && credit <= 8 * 2_000, worth);
    assert.ok(worth.endsWith(money(credit)), `${worth} should be ${money(credit)}`);
    await fact(reckoning, "付款时优惠").getByText(money(credit), { exact: true }).waitFor();

    const sum = await part(page, "费用合计").innerText();
    for (const text of ["¥420.00 × 1", `−${money(credit)}`, "续期 1 年（由原密钥转接）"]) {
      assert.ok(sum.includes(text), `${text} in ${sum}`);
    }
    await total(page)
      .getByText(money(42_000 - credit), { exact: true })
      .waitFor();
  });

  // covers: R37, R39
  step(
    "paid with the time left taken off, the carried year is a second line, made by the system, for nothing",
    async () => {
      const page = await demo();
      await secondLook(page);
      await submit(page);
      orders.upgrade = await toBePaid(page);
      await page.getByText(money(42_000 - credit), { exact: true }).waitFor();
      await page.getByRole("radio", { name: /微信支付/ }).check();
      await page.getByRole("button", { name: "显示付款二维码" }).click();
      await scan(page, at.phone, orders.upgrade);

      const upgrade = await lineShows(page, /升级密钥/, "待上传资料");
      await upgrade.getByText(`¥420.00 × 1 − 折算优惠 ${money(credit)}`).waitFor();
      await part(upgrade, "剩余年限折算").waitFor();
      const carried = page.getByRole("article", { name: /密钥续期/ });
      await carried.getByText(/^系统生成的商品：旧密钥剩余时间中的 1 年结转到新密钥（商品 1）/).waitFor();
      await carried.getByText("¥0.00", { exact: true }).waitFor();
      assert.equal(await carried.getByRole("link").count(), 0);
      assert.equal(await part(page, "商品").getByRole("article").count(), 2);

      await page.goto("/keys");
      await part(page, `密钥 ${CPP}`).getByText("该证书的剩余年限已经折算过").waitFor();
    },
  );
}

// An order of the order service, sent back with its money and taken again.
{
  const step = story(at);

  // covers: R57, R58, R59, R60
  step(
    "an application is filled in: two certificates, one seal and never more, two ways to receive, saved",
    async () => {
      const page = at.counter;
      await page.goto("/counter/register");
      await register(page, world, company);
      await page.waitForURL((url) => url.pathname === "/counter");
      await page
        .getByRole("button", { name: /^订单申请.*数字证书办理.*1年/ })
        .first()
        .click();
      await page.waitForURL(/\/counter\/order\/new\?sku=/);
      await page.getByLabel("证书数量").fill("2");
      await page.getByLabel("签章数量").fill("3");
      await page.getByText("签章数量必须小于等于证书数量").waitFor();
      await page.getByRole("button", { name: "下一步", exact: true }).click();
      await page.getByText("签章数量必须小于等于证书数量").waitFor();
      assert.equal(new URL(page.url()).searchParams.get("step"), null);
      await page.getByLabel("签章数量").fill("1");
      await page.getByText("签章数量必须小于等于证书数量").waitFor({ state: "detached" });
      await total(page).getByText("¥540.00", { exact: true }).waitFor();

      await page.getByRole("radio", { name: /顺丰快递（到付）.*运费由收件人在签收时支付/ }).waitFor();
      await page.getByRole("radio", { name: /网点自取/ }).check();
      await page.getByRole("radiogroup", { name: "自取网点" }).getByRole("radio").first().check();
      await page.reload();
      await total(page).getByText("¥540.00", { exact: true }).waitFor();
      assert.equal(await page.getByLabel("签章数量").inputValue(), "1");
      assert.equal(await page.getByRole("radio", { name: /网点自取/ }).isChecked(), true);

      await page.getByRole("button", { name: "保存", exact: true }).click();
      await page.getByText("已保存。您可以继续填写，也可以稍后在“我的订单”中继续。").waitFor();
      await page.waitForURL(/\/counter\/order\/new\?order=\d{18}$/);
      orders.counter = new URL(page.url()).searchParams.get("order");
      assert.deepEqual(await numbers(page), [orders.counter]);
    },
  );

  /** The row of an order in the list. */
  const row = (page, order) =>
    page.getByRole("listitem").filter({ has: page.getByRole("link", { name: `订单明细 ${order}` }) });

  // covers: R65, R66, R67, R77
  step(
    "not submitted, it is changed by 修改/提交 and saved; saved, it is submitted at once, after a second look",
    async () => {
      const page = at.counter;
      await page.goto("/orders");
      const draft = row(page, orders.counter);
      await draft.getByText("待提交", { exact: true }).waitFor();
      await draft.getByRole("link", { name: "修改/提交" }).click();
      // Nothing can be submitted without papers.
      await page.getByRole("button", { name: "填写并上传资料" }).waitFor();
      assert.equal(await page.getByRole("button", { name: "提交订单" }).count(), 0);
      await page.getByRole("button", { name: "修改订单" }).click();
      await page.getByLabel("签章数量").fill("2");
      await total(page).getByText("¥640.00", { exact: true }).waitFor();
      await secondLook(page);
      await page.getByText("还缺：基本资料").waitFor();
      await page.getByRole("button", { name: "保存并上传资料" }).click();
      await page.waitForURL(/\/lines\/1\/materials$/);
      await page.getByLabel("法定代表人", { exact: true }).fill("王建国");
      await paper(page, "营业执照", "营业执照.jpg", "image/jpeg", await jpeg(page));
      await paper(page, "法人代表授权书", "授权书.pdf", "application/pdf", pdf());
      await page.getByRole("button", { name: "保存资料" }).click();
      // One is still missing.
      await page.getByRole("button", { name: "补齐资料" }).click();
      await paper(page, "电子印章采集模板", "印章.png", "image/png", png());
      await page.getByRole("button", { name: "保存资料" }).click();

      await page.getByRole("button", { name: "修改订单" }).click();
      assert.equal(await page.getByLabel("签章数量").inputValue(), "2");
      await secondLook(page);
      await page.getByText("资料已齐全").waitFor();
      const look = part(page, "确认信息");
      await fact(look, "获取方式").getByText("网点自取").waitFor();
      await fact(look, "发票").getByText("电子普通发票").waitFor();
      await page.getByRole("button", { name: "保存", exact: true }).click();
      await page.getByText("已保存。可以直接点击“提交”，也可以稍后在“我的订单”中继续。").waitFor();
      await submit(page);
      assert.equal(await toBePaid(page), orders.counter);
    },
  );

  // covers: R65, R67, R77
  step("submitted, it cannot be changed; taken back before it is paid, it can, and is submitted again", async () => {
    const page = at.counter;
    await page.goto(`/counter/order/new?order=${orders.counter}`);
    await page.getByText("该订单已提交，不能再修改。").waitFor();
    await page.getByRole("link", { name: "查看订单" }).click();
    await lineShows(page, /数字证书办理/, "已提交");
    assert.equal(await page.getByRole("button", { name: "修改订单" }).count(), 0);
    await page.getByRole("button", { name: "撤回修改" }).click();
    await confirm(page, "撤回");
    await lineShows(page, /数字证书办理/, "待提交");
    await page.goto(`/orders/${orders.counter}/pay`);
    await page.getByText("该订单尚未提交，请先提交订单。").waitFor();
    await page.getByRole("link", { name: "进入订单明细" }).click();
    // What was uploaded stays.
    await page.getByText("已上传 1 个文件").nth(2).waitFor();
    await page.getByRole("button", { name: "提交订单" }).click();
    await page.getByText("请再次确认订单信息").waitFor();
    await confirm(page, "确认提交");
    await toBePaid(page);
  });

  /** Pays by Alipay after the question whether to. */
  async function payConfirmed() {
    const page = at.counter;
    await page.getByRole("radio", { name: /支付宝/ }).waitFor();
    assert.equal(await page.getByRole("radio").count(), 1);
    await page.getByRole("button", { name: "显示付款二维码" }).click();
    await page.getByText("将用支付宝支付 ¥640.00。").waitFor();
    assert.equal(await page.getByTestId("code").count(), 0);
    await confirm(page, "确认支付");
    await page.getByTestId("code").waitFor();
    await scan(page, at.phone, orders.counter);
    await lineShows(page, /数字证书办理/, "待审核");
  }

  /** The reviewer has the order's papers before them. */
  async function reviewed() {
    const desk = await staff("reviewer");
    await atDesk(desk, "review", orders.counter);
    await shownAsImages(desk, ["营业执照", "法人代表授权书", "电子印章采集模板"]);
    await desk.getByRole("button", { name: "领取审核" }).click();
    return desk;
  }

  // covers: R68
  step("paid by Alipay alone, after a question; then it waits for the reviewer", payConfirmed);

  // covers: R72, R77
  step("refused, it is 待提交 at once with the reason, and the money goes back beside it", async () => {
    const desk = await reviewed();
    await desk.getByRole("button", { name: "退回修改" }).click();
    await desk.getByRole("checkbox", { name: "营业执照" }).check();
    await choose(desk, "营业执照：退回原因", "已过有效期");
    await desk.getByLabel("营业执照：说明").fill("请上传换发后的执照");
    await desk.getByRole("button", { name: "确认退回" }).click();
    await desk.getByText(`订单 ${orders.counter} 的资料已退回`).waitFor();

    const page = at.counter;
    await lineShows(page, /数字证书办理/, "待提交");
    const told = page.getByRole("alert").filter({ hasText: "审核未通过，订单已退回待提交" });
    for (const text of ["请上传换发后的执照", "已付的 ¥640.00 全额退回原付款账户。"]) {
      await told.getByText(text).first().waitFor();
    }
    const refund = page.getByRole("article", { name: new RegExp(`${orders.counter}_R1`) });
    await refund.getByText("审核未通过，全额退款").waitFor();
    await refund.getByText("¥640.00", { exact: true }).waitFor();
    await refund.and(page.locator("[data-progress=done]")).waitFor({ timeout: 120_000 });
    assert.equal(await page.getByRole("button", { name: "提交订单" }).count(), 0);
  });

  // covers: R71
  step("a double click on it in the list shows the order, and why it was refused", async () => {
    const page = at.counter;
    await page.goto("/orders");
    const refused = row(page, orders.counter);
    await refused.getByText("待提交", { exact: true }).waitFor();
    await refused.dblclick();
    await page.waitForURL((url) => url.pathname === `/orders/${orders.counter}`);
    await page
      .getByText(/请上传换发后的执照/)
      .first()
      .waitFor();
    const about = part(page, "订单信息");
    for (const text of [orders.counter, company.name, "网点自取", "电子普通发票"]) {
      await about.getByText(text).first().waitFor();
    }
  });

  // covers: R72
  step("only the refused paper is replaced; submitted and paid again, it is approved and 办理中", async () => {
    const page = at.counter;
    await page.getByRole("button", { name: "修改资料" }).click();
    await page.getByText("以下标出的资料未通过审核，请更换；其余资料无需再传。").waitFor();
    const licence = part(page, "营业执照");
    for (const text of ["未通过，请重新上传", "已过有效期", "请上传换发后的执照"]) {
      await licence.getByText(text).waitFor();
    }
    assert.equal(await licence.getByText("已上传").count(), 0);
    assert.equal(await page.getByText("已上传").count(), 2);
    await paper(page, "营业执照", "新执照.png", "image/png", png(900, 1200));
    await page.getByRole("button", { name: "保存资料" }).click();
    await page.getByText(/^未通过的资料已经更换。/).waitFor();
    await page.getByRole("button", { name: "提交订单" }).click();
    await confirm(page, "确认提交");
    await toBePaid(page);
    await payConfirmed();

    const desk = await reviewed();
    await desk.getByText("新执照.png").waitFor();
    await desk.getByRole("button", { name: "审核通过" }).click();
    await confirm(desk);
    await desk.getByText(`订单 ${orders.counter} 已审核通过`).waitFor();
    await lineShows(page, /数字证书办理/, "办理中");
  });

  // covers: R73, R75
  step(
    "approved, its invoice is issued, mailed and listed by itself; a double click opens it with its files",
    async () => {
      const page = at.counter;
      const issued = part(page, "发票").getByRole("article");
      await issued.and(page.locator("[data-progress=issued]")).waitFor({ timeout: 60_000 });
      const number = await until("the mail with the invoice", async () => {
        const mails = await messages(world, company.mail);
        return mails.map((text) => /发票号码 (\d{20})/.exec(text)?.[1]).find(Boolean);
      });
      await issued.getByText(number).waitFor();

      await page.goto("/orders");
      await page.getByRole("link", { name: "发票", exact: true }).click();
      await page.getByRole("listitem").filter({ hasText: number }).dblclick();
      await page.waitForURL((url) => url.pathname === `/invoices/${orders.counter}/1`);
      await page.getByText("¥640.00").first().waitFor();
      const opened = page.waitForEvent("popup");
      await page.getByRole("button", { name: "下载 XML" }).click();
      const tab = await opened;
      await tab.waitForURL(/\.xml\?/);
      const xml = await (await fetch(tab.url())).text();
      assert.match(xml, new RegExp(`<Number>${number}</Number>`));
      await tab.close();
      await page.goto(`/orders/${orders.counter}`);
    },
  );

  // covers: R60, R77
  step("made, it waits at the branch, whose staff call and hand both keys out; then the company confirms", async () => {
    const serials = Array.from({ length: KEYS }, (_, place) => `${SERIAL}${place + 1}`);
    const admin = await staff("admin");
    await enrolDesk(admin, `订单工位 ${stamp}`);
    await takeIn(admin, world, serials);
    const maker = await staff("maker");
    await atDesk(maker, "production", orders.counter);
    await makeKeys(maker, serials, company.name);
    serials.forEach((serial) => token(world, "eject", serial));

    const branch = await staff("branch");
    await atDesk(branch, "pickups", orders.counter);
    const about = part(branch, "领取信息");
    for (const text of [company.name, company.contact, company.mobile]) {
      await about.getByText(text).waitFor();
    }
    await branch.getByRole("button", { name: "已领取" }).click();
    await branch.getByText(`确认 ${KEYS} 个密钥已全部交给领取人？`).waitFor();
    await confirm(branch);
    await branch.getByText("密钥已领取，待企业确认收货。").waitFor();
    await lineShows(at.counter, /数字证书办理/, "待确认收货");
  });

  // covers: R62, R63, R64
  step("the company says that it has its keys: 已完成; of fetching them it was told by mail alone", async () => {
    const page = at.counter;
    await page
      .getByText(/后将自动确认收货/)
      .first()
      .waitFor();
    await page.getByRole("button", { name: "确认收货" }).first().click();
    await page.getByText("确认已收到密钥？").waitFor();
    await confirm(page, "确认收货");
    await lineShows(page, /数字证书办理/, "已完成");
    assert.ok((await messages(world, company.mail)).some((text) => text.includes("密钥已制作完成，可以到网点领取")));
    const told = (await messages(world, company.mobile)).filter((text) => text.includes(orders.counter));
    assert.deepEqual(told, []);
  });

  // covers: R69
  step("the list shows the state, and 查看记录 the whole way of it", async () => {
    const page = at.counter;
    const entries = part(page, "查看记录").getByRole("listitem");
    await entries.filter({ hasText: "已在网点领取" }).waitFor();
    await entries.filter({ hasText: "待确认收货 → 已完成" }).waitFor();
    const way = (await entries.allInnerTexts()).reverse().flatMap((text) => /(\S+ → \S+) ·/.exec(text)?.[1] ?? []);
    assert.deepEqual(way, [
      "待提交 → 已提交",
      "已提交 → 待提交",
      "待提交 → 已提交",
      "已提交 → 已支付",
      "待审核 → 待提交",
      "待提交 → 已提交",
      "已提交 → 已支付",
      "待审核 → 办理中",
      "办理中 → 待领取",
      "待领取 → 待确认收货",
      "待确认收货 → 已完成",
    ]);
    await page.goto("/orders");
    await row(page, orders.counter).getByText("已完成", { exact: true }).waitFor();
  });
}

// How the company and the staff find all of them.
{
  const step = story(at);

  // covers: R70
  step("a company's list is narrowed by state, kind, first and last day", async () => {
    const page = await demo();
    const links = page.getByRole("link", { name: /^订单明细 \d{18}$/ });
    const shows = async (...wanted) => {
      for (const order of wanted) {
        await page.getByRole("link", { name: `订单明细 ${order}` }).waitFor();
      }
      for (const order of [orders.three, orders.upgrade].filter((other) => !wanted.includes(other))) {
        await page.getByRole("link", { name: `订单明细 ${order}` }).waitFor({ state: "detached" });
      }
    };
    const day = orders.three.replace(/^(....)(..)(..).*/, "$1-$2-$3");
    const [before, next] = [-1, 1].map((by) =>
      new Date(Date.parse(`${day}T00:00:00Z`) + by * 86_400_000).toISOString().slice(0, 10),
    );
    await page.goto("/orders");
    await shows(orders.three, orders.upgrade);
    await choose(page, "业务类型", "密钥解锁");
    await shows(orders.three);
    await choose(page, "业务类型", "升级密钥");
    await shows(orders.upgrade);
    await choose(page, "订单状态", "待上传资料");
    await shows(orders.upgrade);
    await choose(page, "订单状态", "已完成");
    await page.getByText("没有符合条件的订单。当前筛选：状态为“已完成”、业务为“升级密钥”。").waitFor();
    await page.getByRole("button", { name: "清除筛选" }).click();
    await shows(orders.three, orders.upgrade);

    // One after the other, as a person does: the address holds what was chosen before.
    const limit = async (name, label, date) => {
      await page.getByLabel(label).fill(date);
      await page.waitForURL((url) => url.searchParams.get(name) === date);
    };
    await limit("from", "开始日期", day);
    await limit("to", "结束日期", next);
    await shows(orders.three, orders.upgrade);
    await limit("to", "结束日期", day);
    await limit("from", "开始日期", next);
    await page.getByText("结束日期早于开始日期，请修改后再查询。").waitFor();
    await limit("to", "结束日期", next);
    await page.getByText(`没有符合条件的订单。当前筛选：${next} 起、${next} 止。`).waitFor();
    await limit("from", "开始日期", "2026-01-01");
    await limit("to", "结束日期", before);
    await shows();
    assert.equal(await links.count(), await page.getByRole("listitem").filter({ has: links }).count());
  });

  step("staff find an order by its number, the company, a key; exactly, or not at all", async () => {
    const page = await staff("support");
    await page.goto("/console/orders");
    const search = async (by, text) => {
      await page.getByRole("radiogroup", { name: "查找方式" }).getByText(by, { exact: true }).click();
      await page.getByRole("textbox").fill(text);
      await page.getByRole("button", { name: "查找", exact: true }).click();
    };
    for (const [by, text, order] of [
      ["订单号", orders.counter, orders.counter],
      ["企业", company.name, orders.counter],
      ["企业", company.code, orders.counter],
      // A key that was made, and one that something is bought for.
      ["密钥序列号", `${SERIAL}2`, orders.counter],
      ["密钥序列号", ENDING, orders.three],
    ]) {
      await search(by, text.slice(0, -1));
      await page.getByText(/^没有找到。|^请输入 18 位订单号/).waitFor();
      await search(by, text);
      await page.getByRole("link", { name: order, exact: true }).waitFor();
    }

    await page.getByRole("link", { name: orders.three, exact: true }).click();
    await page.getByRole("heading", { level: 1, name: orders.three }).waitFor();
    const line = page.getByRole("article", { name: "商品 2", exact: true });
    for (const text of [/密钥续期.* × 1/, ENDING, "¥240.00"]) {
      await line.getByText(text).first().waitFor();
    }
  });
}
