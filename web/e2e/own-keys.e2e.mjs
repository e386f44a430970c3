/**
 * Keys at home, in browsers, on a real stack: one is renewed before its end and once more after it, an old one is
 * upgraded, one is lost, found again, stolen and replaced; and what the list of revoked certificates says meanwhile.
 * SEALKEY_STACK names the stack.json. On one stack once, for two of the demo's keys end for good; after the tests of
 * orders, or alone.
 */
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { after, before } from "node:test";

import {
  atDesk,
  choosePin,
  confirm,
  endIn,
  enrolDesk,
  fact,
  fillAddress,
  inbox,
  jpeg,
  launch,
  lineShows,
  logIn,
  makeKeys,
  open,
  openAgent,
  paper,
  part,
  pdf,
  png,
  post,
  proveOneself,
  revoked,
  scan,
  seat,
  secondLook,
  shownAsImages,
  somebody,
  stack,
  story,
  submit,
  takeIn,
  toBePaid,
  token,
  typePin,
  until,
} from "./lib.mjs";

const world = stack();
const { company } = world.logins;
const stamp = Date.now().toString(36);
/** Keys of the demo's company, with the demo's PIN: an old one with 20 months left, and one that ends as it is told. */
const [CPP, OLD] = ["DEMO-CPP-20M", "DEMO-RENEW-2M"];
/** The keys that come in their places, and the PIN that the company chooses for both. */
const [UPGRADED, REPLACED] = [1, 2].map((no) => `HM${stamp.toUpperCase()}${no}`);
const PIN = `home-${stamp}`;
const ADDRESS = {
  收件人: "韩梅梅",
  手机号: "13900139000",
  省份: "江苏省",
  城市: "南京市",
  区县: "玄武区",
  详细地址: "珠江路 1 号",
};
const HOUR = 3_600_000;

let browser;
/** The pages that are open, by who sits before them. */
const at = {};

before(async () => {
  browser = await launch();
  at.demo = await somebody(browser, world);
  at.phone = await (await open(browser, undefined, { width: 390, height: 844 })).newPage();
  appendFileSync(world.never_logged, `${PIN}\n`);
});

after(async () => {
  await browser?.close();
});

const staff = (who) => seat(browser, world, at, who);

/** The demo's company, logged in. */
async function demo() {
  const page = at.demo;
  if (page.url() === "about:blank") {
    await logIn(page, company.name, company.password);
    await page.waitForURL((url) => url.pathname === "/");
  }
  return page;
}

/** A GET by the page, with its session. */
const get = (page, path) => page.evaluate(async (address) => (await fetch(address)).json(), path);

/** A key as the company's list has it. */
async function keyOf(serial) {
  const { keys } = await get(await demo(), "/api/keys");
  return keys.find((key) => key.serial === serial);
}

/** The key on 我的密钥, opened anew. */
async function card(serial) {
  const page = await demo();
  await page.goto("/keys");
  const shown = part(page, `密钥 ${serial}`);
  await shown.waitFor();
  return shown;
}

/** A moment in China, its parts in fields that are named after UTC. */
const inChina = (moment) => new Date(new Date(moment).getTime() + 8 * HOUR);

/** The date in China, as pages write it. */
const dateOf = (moment) => inChina(moment).toISOString().slice(0, 10).replaceAll("-", "/");

/** The same day of another year; of the 29th of February, where there is none, the day before. */
function yearsAfter(moment, years) {
  const then = inChina(moment);
  const month = then.getUTCMonth();
  then.setUTCFullYear(then.getUTCFullYear() + years);
  if (then.getUTCMonth() !== month) {
    then.setUTCDate(0);
  }
  return new Date(then.getTime() - 8 * HOUR);
}

/** How many days a key shows that it has left; on the last one at midnight one less, while somebody looks. */
function daysLeft(notAfter) {
  const days = Math.round((Date.parse(dateOf(notAfter)) - Date.parse(dateOf(Date.now()))) / (24 * HOUR));
  return new RegExp(`剩余 (${days}|${days - 1}) 天`);
}

/** Buys what stands in the form, without an invoice, and pays. */
async function buy() {
  const page = await demo();
  await fillAddress(page, ADDRESS);
  await page.getByRole("checkbox", { name: "开具发票" }).uncheck();
  await secondLook(page);
  await submit(page);
  const order = await toBePaid(page);
  await page.getByRole("button", { name: "显示付款二维码" }).click();
  await page.getByTestId("code").waitFor();
  await scan(page, at.phone, order);
  return order;
}

/** Buys a year for the old key and has it written; the key as it is listed before and after. */
async function renew() {
  const page = await demo();
  const before = await keyOf(OLD);
  await (await card(OLD)).getByRole("button", { name: `去续期 ${OLD}` }).click();
  const line = page.getByRole("article", { name: /密钥续期/ });
  assert.equal(await line.getByRole("radio", { name: OLD }).isChecked(), true);
  const order = await buy();
  await lineShows(page, /密钥续期/, "待办理");
  await page.getByRole("button", { name: `去续期，密钥 ${OLD}` }).click();
  const window = await openAgent(page);
  at.agent = window;
  assert.equal(await fact(window, "需要的密钥").innerText(), OLD);
  await typePin(window, world.logins.keys.pin);
  await window.getByRole("heading", { name: "已完成" }).waitFor();
  await window.close();
  const done = page.getByRole("dialog").getByText(/续期完成，新的到期日/);
  await done.waitFor();
  const after = await keyOf(OLD);
  assert.ok((await done.innerText()).includes(dateOf(after.not_after)), await done.innerText());
  assert.notEqual(after.certificate_serial, before.certificate_serial);
  await page.goto(`/orders/${order}`);
  await lineShows(page, /密钥续期/, "已完成");
  return { before, after };
}

/** Begins a login by key on a page, with this key and PIN, and answers with the agent's window. */
async function loginBy(page, serial, pin) {
  await page.goto("/login?by=key");
  const window = await openAgent(page);
  at.agent = window;
  // All keys of the demo are plugged in.
  await window.locator("label.choice", { hasText: serial }).getByRole("radio").check();
  await typePin(window, pin);
  return window;
}

/** The key logs its company in, on this page. */
async function loggedInBy(page, serial, pin) {
  const window = await loginBy(page, serial, pin);
  await window.waitForURL((url) => url.origin === new URL(world.web).origin && url.pathname === "/");
  await window.getByText(company.company_name).first().waitFor();
  await window.close();
}

/** The key logs nobody in, and the agent says why and what to do. */
async function refusedLogin(serial, why, way) {
  at.elsewhere = await somebody(browser, world);
  const window = await loginBy(at.elsewhere, serial, world.logins.keys.pin);
  await window.getByText(why).waitFor();
  await window.getByText(way).waitFor();
  // Another key could be tried: until it is given up, the agent does nothing else.
  await window.getByRole("button", { name: "放弃" }).click();
  await window.getByRole("heading", { name: "助手自检" }).waitFor();
  await at.elsewhere.goto("/orders");
  await at.elsewhere.waitForURL(/\/login\?next=/);
  await at.elsewhere.context().close();
}

/** Uploads the papers of an order's first line, and a reviewer approves them. */
async function approved(order, name) {
  const page = await demo();
  await page.goto(`/orders/${order}/lines/1/materials`);
  await page.getByLabel("法定代表人", { exact: true }).fill("王五");
  await paper(page, "营业执照", "营业执照.jpg", "image/jpeg", await jpeg(page));
  await paper(page, "法人代表授权书", "授权书.pdf", "application/pdf", pdf());
  await paper(page, "电子印章采集模板", "印章.png", "image/png", png());
  await page.getByRole("button", { name: "提交审核" }).click();
  await page.waitForURL((url) => url.pathname === `/orders/${order}`);
  await lineShows(page, name, "待审核");

  const desk = await staff("reviewer");
  await atDesk(desk, "review", order);
  await shownAsImages(desk, ["营业执照", "法人代表授权书", "电子印章采集模板"]);
  await desk.getByRole("button", { name: "领取审核" }).click();
  await desk.getByRole("button", { name: "审核通过" }).click();
  await confirm(desk);
  await desk.getByText(`订单 ${order} 已审核通过`).waitFor();
  await lineShows(page, name, "制作中");
}

/** A maker makes the key of an order's first line, of the BJCA medium. */
async function made(order, serial) {
  const desk = await staff("maker");
  await atDesk(desk, "production", order);
  await desk.waitForURL(`**/console/production/${order}/1`);
  await part(desk, "电子印章").getByRole("img").waitFor();
  assert.equal(await fact(desk, "所需介质").innerText(), "BJCA 介质");
  await makeKeys(desk, [serial], company.company_name);
}

/** The parcel goes to the courier and arrives. */
async function delivered(order, name) {
  const desk = await staff("shipper");
  await atDesk(desk, "shipping", order);
  await desk.getByRole("button", { name: "已交给快递" }).click();
  await confirm(desk);
  await desk.getByText("包裹已交给快递").waitFor();
  const page = await demo();
  await page.goto(`/orders/${order}`);
  const line = await lineShows(page, name, "已发货");
  const waybill = (await line.getByText(/^快递单号/).innerText()).replace("快递单号", "").trim();
  await post(`${world.sandbox}/courier/shipments/${waybill}/events`, { status: "delivered" });
  await lineShows(page, name, "已完成");
}

/** The company activates a key that has come in the place of another one, with a PIN of its own. */
async function activated(serial, replaces) {
  const page = await demo();
  token(world, "insert", serial);
  const waiting = await card(serial);
  const warning = `启用后，原密钥 ${replaces} 随即停用，不能再签名或盖章。`;
  await waiting.getByText(warning).waitFor();
  await waiting.getByRole("button", { name: `启用 ${serial}`, exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(warning).waitFor();
  await proveOneself(world, dialog, company);
  const window = await openAgent(page);
  at.agent = window;
  await choosePin(window, PIN);
  await window.getByRole("heading", { name: "已完成" }).waitFor();
  await page.getByText("密钥已启用").first().waitFor();
  await window.close();
}

/** Why the list says that a key's certificate does not count, once it says so; with nothing, once it does so no more. */
const listShows = (serial, why) =>
  until(`${serial} on the list: ${why}`, async () => (await revoked(world)).get(serial) === why);

// One key is renewed, 30 days before its end and 30 days after it.
{
  const step = story(at);

  // covers: R25
  step("a key that ends in 30 days says so, and its renewal is open", async () => {
    endIn(world, OLD, 30);
    const key = await keyOf(OLD);
    const shown = await card(OLD);
    await shown.getByText("有效", { exact: true }).waitFor();
    const said = await fact(shown, "证书有效期至").innerText();
    assert.ok(said.includes(dateOf(key.not_after)), said);
    assert.match(said, daysLeft(key.not_after));
  });

  // covers: R23, R24, R25, R26
  step("bought, paid and renewed beside the key before its end: a year more to the day, no day is lost", async () => {
    const { before, after } = await renew();
    assert.equal(dateOf(after.not_after), dateOf(yearsAfter(before.not_after, 1)));
    const shown = await card(OLD);
    const said = await fact(shown, "证书有效期至").innerText();
    assert.ok(said.includes(dateOf(after.not_after)), said);
    assert.match(said, daysLeft(after.not_after));
    await shown.getByText(/还不能办理，.*起开放/).waitFor();
  });

  // covers: R25
  step("more than a year after its end it cannot be renewed, which is said before anything is bought", async () => {
    endIn(world, OLD, -400);
    const shown = await card(OLD);
    await shown
      .getByText(/已超过办理期限（.*），请办理新密钥/)
      .first()
      .waitFor();
    assert.equal(await shown.getByRole("button", { name: `去续期 ${OLD}` }).count(), 0);
  });

  step("30 days after its end the page says that it has ended, and it logs nobody in", async () => {
    endIn(world, OLD, -30);
    const key = await keyOf(OLD);
    const shown = await card(OLD);
    const said = await fact(shown, "证书有效期至").innerText();
    assert.ok(said.includes(dateOf(key.not_after)), said);
    assert.match(said, /已到期/);
    assert.equal(await shown.getByRole("button", { name: `检测密钥 ${OLD}` }).count(), 0);
    await refusedLogin(OLD, "密钥中的证书已到期", /请在网站上办理续期/);
  });

  // covers: R24, R25, R26
  step("renewed after its end, its new year begins with the renewal", async () => {
    const earliest = Date.now();
    const { after } = await renew();
    const end = Date.parse(after.not_after);
    // Certificates end with a second.
    assert.ok(end > yearsAfter(earliest, 1).getTime() - 1_000, after.not_after);
    assert.ok(end <= yearsAfter(Date.now(), 1).getTime(), after.not_after);
    const shown = await card(OLD);
    await shown.getByText("有效", { exact: true }).waitFor();
    assert.match(await fact(shown, "证书有效期至").innerText(), daysLeft(after.not_after));
  });
}

// A key that another issuer made joins those of the company.
{
  const step = story(at);
  const OTHER = world.logins.keys.elsewhere;
  const ISSUER = "别家演示 CA";

  // covers: R36
  step("a key of another issuer is read once and listed, with what can and cannot be done for it", async () => {
    const page = await demo();
    token(world, "insert", OTHER);
    await page.goto("/keys");
    await page.getByRole("button", { name: "读取并加入" }).click();
    const window = await openAgent(page);
    at.agent = window;
    await window.locator("label.choice", { hasText: OTHER }).getByRole("radio").check();
    await typePin(window, world.logins.keys.pin);
    await page.getByRole("dialog").getByText(`密钥 ${OTHER} 已列入“我的密钥”，由“${ISSUER}”签发。`).waitFor();
    await window.close();
    const shown = await card(OTHER);
    assert.equal(await fact(shown, "签发机构").innerText(), ISSUER);
    assert.equal(await shown.getByText("证书由其他机构签发，请向该机构办理").count(), 2);
    for (const word of ["去续期", "去补办", "去解锁"]) {
      assert.equal(await shown.getByRole("button", { name: `${word} ${OTHER}` }).count(), 0, word);
    }
    await shown.getByRole("button", { name: `去升级 ${OTHER}` }).waitFor();
  });

  // covers: R27
  step("it logs the company in, which is not bound by it", async () => {
    at.elsewhere = await somebody(browser, world);
    await loggedInBy(at.elsewhere, OTHER, world.logins.keys.pin);
    await at.elsewhere.context().close();
    at.elsewhere = await somebody(browser, world);
    await logIn(at.elsewhere, company.name, company.password);
    await at.elsewhere.waitForURL((url) => url.pathname === "/");
    await at.elsewhere.goto("/keys");
    await part(at.elsewhere, `密钥 ${OTHER}`)
      .getByRole("button", { name: `去升级 ${OTHER}` })
      .waitFor();
    await at.elsewhere.context().close();
  });

  // covers: R34
  step("reported lost, it logs nobody in here, and the page says whom else to tell", async () => {
    const page = await demo();
    await (await card(OTHER)).getByRole("button", { name: `挂失密钥 ${OTHER}` }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(`证书由“${ISSUER}”签发，本系统不能停用：请同时向该机构挂失。`).waitFor();
    await dialog.getByRole("button", { name: "立即挂失" }).click();
    await page.getByText(`密钥 ${OTHER} 已挂失，不能再用它登录。请同时向“${ISSUER}”挂失证书。`).waitFor();
    await refusedLogin(OTHER, "密钥中的证书已吊销或已挂失", /请在网站“我的密钥”中查看/);
    await (await card(OTHER)).getByRole("button", { name: `已找回密钥 ${OTHER}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "密钥在手中，撤销挂失" }).click();
    await part(page, `密钥 ${OTHER}`).getByText("有效", { exact: true }).waitFor();
    token(world, "eject", OTHER);
  });
}

// An administrator makes this computer a desk, where the keys of both stories are made.
const ready = story(at);

ready("a desk, and two blank keys in the stock", async () => {
  const admin = await staff("admin");
  await enrolDesk(admin, `换新工位 ${stamp}`);
  await takeIn(admin, world, [UPGRADED, REPLACED]);
});

// An old key of the blue medium becomes a new one of BJCA's.
{
  const step = story(at);
  let order;

  /** An upgrade that is paid and waits for its papers, or nothing. */
  async function bought() {
    const { orders } = await get(await demo(), "/api/orders?kind=upgrade");
    return orders.find(({ items }) => items.some(({ display }) => display === "awaiting_materials"))?.id;
  }

  // covers: R35
  step("of the keys only the one of the blue medium is upgraded, once its time left was read", async () => {
    const page = await demo();
    const shown = await card(OLD);
    assert.equal(await shown.getByRole("button", { name: `去升级 ${OLD}` }).count(), 0);
    await shown.getByText("只有蓝色 CPP 介质需要升级").waitFor();
    order = await bought();
    if (order) {
      // By the tests of orders; that year and these months count once ever.
      return;
    }
    const cpp = await card(CPP);
    if (!(await cpp.getByRole("button", { name: `去升级 ${CPP}` }).isVisible())) {
      await cpp.getByRole("button", { name: `检测年限 ${CPP}` }).click();
      const window = await openAgent(page);
      await typePin(window, world.logins.keys.pin);
      await page.getByRole("dialog").getByText("检测年限已完成").waitFor();
      await window.close();
    }
    await (await card(CPP)).getByRole("button", { name: `去升级 ${CPP}` }).click();
    order = await buy();
  });

  // covers: R42
  step("its papers are uploaded after payment, and approved", () => approved(order, /升级密钥/));

  // covers: R35
  step("a maker makes the new key of the BJCA medium", () => made(order, UPGRADED));

  // covers: R40
  step("exactly one year is carried over, as a line of its own that the maker writes onto the same key", async () => {
    const page = await demo();
    await page.goto(`/orders/${order}`);
    const carried = page.getByRole("article", { name: /密钥续期/ });
    await carried.getByText(/^系统生成的商品：旧密钥剩余时间中的 1 年结转到新密钥（商品 1）/).waitFor();
    assert.equal(await part(page, "商品").getByRole("article").count(), 2);
    const desk = await staff("maker");
    await desk.goto(`/console/production/${order}/2`);
    await desk.getByText("这些年限要写入升级订单已制作的密钥，不使用空白密钥。").waitFor();
    await makeKeys(desk, [UPGRADED], company.company_name);
    token(world, "eject", UPGRADED);
    const { lines } = await get(page, `/api/orders/${order}`);
    const [first, longer] = lines.flatMap(({ units }) => units);
    assert.equal(longer.key_serial, UPGRADED);
    assert.equal(dateOf(longer.not_after), dateOf(yearsAfter(first.not_after, 1)));
  });

  step("the upgraded key is sent and arrives", () => delivered(order, /升级密钥/));

  // covers: R35, R40
  step("activated, the new key holds a year and the carried one; the old one has ended for good", async () => {
    const { certificate_serial: ended } = await keyOf(CPP);
    await activated(UPGRADED, CPP);
    const key = await keyOf(UPGRADED);
    assert.equal(key.medium, "bjca");
    const shown = await card(UPGRADED);
    await fact(shown, "介质").getByText("BJCA 介质").waitFor();
    const end = Date.parse(key.not_after);
    assert.ok(end <= yearsAfter(Date.now(), 2).getTime(), key.not_after);
    assert.ok(end > yearsAfter(Date.now() - HOUR, 2).getTime(), key.not_after);
    const gone = await card(CPP);
    await gone.getByText("已吊销", { exact: true }).waitFor();
    await gone.getByText("证书已吊销，这个密钥不能再办理任何服务。").waitFor();
    await listShows(ended, "Superseded");
  });

  step("the old key logs nobody in any more, and the agent says why", () =>
    refusedLogin(CPP, "密钥中的证书已吊销或已挂失", /请在网站“我的密钥”中查看/),
  );
}

// A key is lost, found again, and stolen at last.
{
  const step = story(at);
  let order;
  /** The key before it was reported. */
  let old;

  /** Reports the old key on 我的密钥. */
  async function report(reason) {
    const page = await demo();
    await (await card(OLD)).getByRole("button", { name: `挂失密钥 ${OLD}` }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("radio", { name: reason }).check();
    await dialog.getByText(`新证书的到期时间与原证书相同：${dateOf(old.not_after)}`).waitFor();
    await dialog.getByRole("button", { name: "立即挂失" }).click();
    const shown = part(page, `密钥 ${OLD}`);
    await shown.getByText(`密钥 ${OLD} 已挂失，证书和签章已停用。`).waitFor();
    await shown.getByText("已挂失", { exact: true }).waitFor();
  }

  // covers: R27
  step("bound to its new key, the company logs in by it, and does everything from there", async () => {
    const page = at.demo;
    await page.getByRole("button", { name: "退出登录" }).click();
    await page.getByRole("link", { name: "账号登录" }).waitFor();
    await loggedInBy(page, UPGRADED, PIN);
  });

  // covers: R33
  step("reported lost, it is suspended at once: the page says so, the list too, and it logs nobody in", async () => {
    old = await keyOf(OLD);
    await listShows(old.certificate_serial, undefined);
    await report("密钥丢失");
    await listShows(old.certificate_serial, "Certificate Hold");
    await refusedLogin(OLD, "密钥中的证书已吊销或已挂失", /可以办理补办/);
    const shown = await card(OLD);
    await shown.getByText(/密钥丢失，已于 .* 挂失，证书和签章已停用。/).waitFor();
    await shown.getByText("挂失期间不能办理。找回密钥并撤销挂失后可以办理。").waitFor();
  });

  step("found again, it counts again: it is on no list, and logs in", async () => {
    const page = await demo();
    await (await card(OLD)).getByRole("button", { name: `已找回密钥 ${OLD}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "密钥在手中，撤销挂失" }).click();
    const shown = part(page, `密钥 ${OLD}`);
    await shown.getByText(`密钥 ${OLD} 已恢复使用。建议现在修改 PIN。`).waitFor();
    await shown.getByText("有效", { exact: true }).waitFor();
    await listShows(old.certificate_serial, undefined);
    at.elsewhere = await somebody(browser, world);
    await loggedInBy(at.elsewhere, OLD, world.logins.keys.pin);
    await at.elsewhere.context().close();
  });

  // covers: R33
  step("stolen, it is reported again, and its replacement bought from there", async () => {
    const page = await demo();
    await report("密钥被盗");
    await listShows(old.certificate_serial, "Certificate Hold");
    await part(page, `密钥 ${OLD}`)
      .getByRole("button", { name: `去补办，密钥 ${OLD}` })
      .click();
    const line = page.getByRole("article", { name: /密钥补办/ });
    assert.equal(await line.getByRole("radio", { name: OLD }).isChecked(), true);
    await line.getByRole("radio", { name: "密钥被盗" }).check();
    await line.getByText("该密钥已挂失，证书和签章已停用。").waitFor();
    order = await buy();
    const shown = await card(OLD);
    await shown.getByText("补办订单：待上传资料").waitFor();
    assert.equal(await shown.getByRole("button", { name: `去补办，密钥 ${OLD}` }).count(), 0);
  });

  // covers: R34
  step("papers are uploaded and approved; only then a maker makes the new key", async () => {
    await approved(order, /密钥补办/);
    await made(order, REPLACED);
    token(world, "eject", REPLACED);
  });

  step("the new key is sent and arrives", () => delivered(order, /密钥补办/));

  // covers: R33
  step("activated, the new key ends when the old one would have, which is revoked for good", async () => {
    await activated(REPLACED, OLD);
    assert.equal((await keyOf(REPLACED)).not_after, old.not_after);
    const shown = await card(REPLACED);
    const said = await fact(shown, "证书有效期至").innerText();
    assert.ok(said.includes(dateOf(old.not_after)), said);
    const gone = await card(OLD);
    await gone.getByText("已吊销", { exact: true }).waitFor();
    assert.equal(await gone.getByRole("button", { name: `已找回密钥 ${OLD}` }).count(), 0);
    await listShows(old.certificate_serial, "Superseded");
    await refusedLogin(OLD, "密钥中的证书已吊销或已挂失", /请在网站“我的密钥”中查看/);
  });

  // covers: R27, R28
  step("as it was before: the company unbinds, and its password alone opens everything again", async () => {
    const page = await demo();
    for (const serial of [UPGRADED, REPLACED]) {
      token(world, "eject", serial);
    }
    await page.goto("/unbind");
    await page.getByLabel("邮箱", { exact: true }).fill(company.mail);
    await page.getByLabel("企业名称").fill(company.company_name);
    await page.getByLabel("手机号").fill(company.mobile);
    const mailbox = await inbox(world, company.mail);
    await page.getByRole("button", { name: "验证信息" }).click();
    await page.getByLabel("邮箱验证码").fill(await mailbox.code());
    await page.getByRole("button", { name: "完成解绑" }).click();
    await page.getByRole("button", { name: "去账号登录" }).click();
    await logIn(page, company.name, company.password);
    await page.waitForURL((url) => url.pathname === "/");
    await page.getByRole("button", { name: "退出登录" }).waitFor();
  });
}
