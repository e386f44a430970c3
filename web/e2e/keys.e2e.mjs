/**
 * A company's keys beside the agent, on a real stack with virtual keys: 检测年限 and 检测密钥 from the site's panel to the
 * agent's window and back, and what is said when it does not go that way. SEALKEY_STACK names the stack.json.
 */
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { after, before } from "node:test";

import { fact, launch, logIn, open, openAgent, stack, story, token, typePin, xtask } from "./lib.mjs";

const world = stack();
const { pin, serials } = world.logins.keys;
const [CPP, ENDING] = ["DEMO-CPP-20M", "DEMO-RENEW-2M"];
/** As long as a PIN may be, and no other test's. */
const WRONG = `no-${Date.now()}`;

let browser;
/** The pages that are open, by who sits before them. */
const at = {};

before(async () => {
  browser = await launch();
  // No proxy: a browser asks this computer itself.
  at.demo = await (await open(browser, world.web)).newPage();
});

after(async () => {
  // What follows wants keys and agent as they were.
  serials.forEach((serial) => token(world, "insert", serial));
  agent("start");
  await browser?.close();
});

const agent = (what) => xtask("stack", `${what}-agent`, "--stack", process.env.SEALKEY_STACK);

const panel = () => at.demo.getByRole("dialog");

/** Asks for something on 我的密钥, and answers with the agent's window. */
async function ask(verb, serial) {
  const page = at.demo;
  await page.goto("/keys");
  await page.getByRole("button", { name: `${verb} ${serial}`, exact: true }).click();
  const link = panel().getByRole("link", { name: "打开密钥助手", exact: true });
  await link.waitFor();
  assert.ok((await link.getAttribute("href")).startsWith(`${world.agent}/#`));
  assert.equal(await link.getAttribute("target"), "_blank");
  assert.deepEqual((await link.getAttribute("rel")).split(" ").sort(), ["noopener", "noreferrer"]);
  at.agent = await openAgent(page);
  return at.agent;
}

const step = story(at);

step("the agent that comes with the stack finds everything in order", async () => {
  const page = await at.demo.context().newPage();
  await page.goto(world.agent);
  // It may still show what an earlier run ended or broke off with.
  const old = page.getByRole("button", { name: /查看助手自检|放弃/ });
  await old.or(page.getByRole("heading", { name: "助手自检" })).waitFor();
  if (await old.isVisible()) {
    await old.click();
  }
  await page.getByText("各项正常。").waitFor();
  const keys = await page.locator("[data-item=key]").allInnerTexts();
  assert.equal(keys.length, serials.length, keys.join());
  await page.close();
});

// covers: R36
step("the time left on the inserted key is read, and what it is worth is shown", async () => {
  const page = at.demo;
  await logIn(page, world.logins.company.name, world.logins.company.password);
  await page.waitForURL((url) => url.pathname === "/");
  const window = await ask("检测年限", CPP);
  await window.getByRole("heading", { name: "请确认" }).waitFor();
  // The ticket is in no address bar and no history.
  assert.equal(window.url(), `${world.agent}/`);
  assert.equal(await window.evaluate(() => opener), null);
  assert.equal(await fact(window, "申请单位").innerText(), world.logins.company.company_name);
  assert.equal(await fact(window, "来自网站").innerText(), world.web);
  assert.equal(await fact(window, "需要的密钥").innerText(), CPP);
  // Other keys are in, too: each is told to be the wrong one, and none can be chosen.
  for (const other of serials.filter((serial) => serial !== CPP)) {
    await window.getByText(`不是需要的密钥：插入的是 ${other}`).waitFor();
  }
  assert.equal(await window.getByRole("radio").count(), 0);

  appendFileSync(world.never_logged, `${WRONG}\n`);
  await typePin(window, WRONG);
  await window.getByText("PIN 不正确").waitFor();
  await panel().getByText("PIN 不正确").waitFor();
  await typePin(window, pin);
  await window.getByRole("heading", { name: "已完成" }).waitFor();
  assert.equal(await fact(window, "密钥序列号").innerText(), CPP);

  await panel().getByText("检测年限已完成").waitFor();
  const left = await fact(panel(), "剩余时间").innerText();
  // The key was given when the stack was made, so some minutes of the last day may be gone.
  assert.match(left, /^1 年 (8 个月|7 个月 (2[6-9]|30) 天)$/);
  assert.equal(await fact(panel(), "介质").innerText(), "蓝色 CPP 介质");
  const credit = panel().getByRole("region", { name: "升级可结转" });
  await fact(credit, "转接到新介质").getByText("1 年，作为 1 个续期商品，不收费").waitFor();
  assert.match(await fact(credit, "付款时优惠").innerText(), /¥1[45]\d\.\d\d|¥160\.00/);
  await window.close();
});

step("with another key than the one meant nothing is done; plugged in, it goes on", async () => {
  token(world, "eject", ENDING);
  const window = await ask("检测密钥", ENDING);
  await window.getByText(`不是需要的密钥：插入的是 ${CPP}，需要 ${ENDING}`).waitFor();
  await window.getByText("插入正确的密钥后即可继续。").waitFor();
  assert.equal(await window.getByLabel("密钥 PIN").count(), 0);
  // The site says so too, before anything was typed.
  await panel().getByText("插入的不是需要的密钥").waitFor();
  token(world, "insert", ENDING);
  await typePin(window, pin);
  await window.getByRole("heading", { name: "已完成" }).waitFor();
  await panel().getByText("密钥可以正常使用").waitFor();
  assert.equal(await fact(panel(), "密钥").innerText(), ENDING);
  await window.close();
});

step("without an agent the panel says so; once it runs, the same ticket goes on", async () => {
  agent("stop");
  const dead = await ask("检测密钥", CPP);
  await panel().getByText("密钥助手没有响应").waitFor();
  const start = panel().getByRole("link", { name: "已安装？点此启动" });
  assert.equal(await start.getAttribute("href"), "sealkey-agent:");
  await panel().getByRole("link", { name: "下载与安装" }).waitFor();
  await dead.close();

  agent("start");
  at.agent = await openAgent(at.demo, "再次打开密钥助手");
  await typePin(at.agent, pin);
  await at.agent.getByRole("heading", { name: "已完成" }).waitFor();
  await panel().getByText("密钥可以正常使用").waitFor();
  // A reload of the site goes on following it.
  await at.demo.reload();
  await panel().getByText("密钥可以正常使用").waitFor();
});

step("a ticket that was used opens nothing in another window", async () => {
  const window = await ask("检测密钥", CPP);
  const address = await panel()
    .getByRole("link", { name: /再次打开密钥助手/ })
    .first()
    .getAttribute("href");
  await typePin(window, pin);
  await panel().getByText("密钥可以正常使用").waitFor();
  await window.getByRole("button", { name: "查看助手自检" }).click();
  await window.getByRole("heading", { name: "助手自检" }).waitFor();
  at.agent = await at.demo.context().newPage();
  await at.agent.goto(address);
  // The agent has forgotten it, so it is one agent as good as another.
  await at.agent.getByText("这个任务已在另一台电脑上打开").waitFor();
  assert.equal(await at.agent.getByLabel("密钥 PIN").count(), 0);
});
