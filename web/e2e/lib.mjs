/**
 * What every browser test shares: Chromium, the stack under test, what comes by mail and text message, second factors,
 * and small real files.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHmac, randomInt } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { deflateSync } from "node:zlib";

import { chromium } from "playwright-core";

/** A fresh browser with a fresh profile. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}

/** The running stack, as `cargo xtask up` or a test wrote it down. */
export function stack() {
  const path = process.env.SEALKEY_STACK;
  if (!path) {
    throw new Error("SEALKEY_STACK must name the stack.json of a running stack");
  }
  return JSON.parse(readFileSync(path, "utf8"));
}

/** A new context at a given size, in Chinese. */
export async function open(browser, baseURL, { width = 1280, height = 900, language, ...more } = {}) {
  const context = await browser.newContext({
    ...more,
    baseURL,
    viewport: { width, height },
    hasTouch: width < 600,
    isMobile: width < 600,
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
  });
  if (language) {
    await context.addInitScript((value) => localStorage.setItem("sealkey:language", value), language);
  }
  context.setDefaultTimeout(30_000);
  return context;
}

/**
 * A page of somebody with a browser and an address of their own: what one does often makes only that one wait, and tests
 * that run side by side are many people.
 */
export async function somebody(browser, world, options = {}) {
  // The agent is asked directly: it is on this computer.
  const proxy = { server: await ownLine(), bypass: "127.0.0.1" };
  const context = await open(browser, world.web, { ...options, proxy });
  return context.newPage();
}

/** A proxy whose requests come from an address that nobody else has. All of 127.0.0.0/8 is this machine. */
function ownLine() {
  const localAddress = `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;
  const server = createServer((asked, answered) => {
    const { port, pathname, search } = new URL(asked.url);
    const headers = { ...asked.headers };
    delete headers["proxy-connection"];
    const onward = request(
      { host: "127.0.0.1", localAddress, port, path: pathname + search, method: asked.method, headers, agent: false },
      (answer) => {
        answered.writeHead(answer.statusCode, answer.rawHeaders);
        answer.pipe(answered);
      },
    );
    onward.on("error", () => answered.destroy());
    answered.on("close", () => onward.destroy());
    asked.pipe(onward);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      server.unref();
      resolve(`http://127.0.0.1:${server.address().port}`);
    });
  });
}

/**
 * Steps of one story, before the pages in `at`, by who sits before them. One that fails leaves a picture of every page
 * and says where they stood; those after it have nothing to stand on and are left out.
 */
export function story(at) {
  const folder = process.env.SEALKEY_PICTURES ?? mkdtempSync(join(tmpdir(), "sealkey-e2e-"));
  let broken = false;
  return function step(name, play) {
    test(name, async (t) => {
      if (broken) {
        t.skip("a step before it failed");
        return;
      }
      try {
        await play();
      } catch (error) {
        broken = true;
        mkdirSync(folder, { recursive: true });
        for (const [who, page] of Object.entries(at)) {
          const path = join(folder, `failed-${who}.png`);
          await page.screenshot({ path, fullPage: true }).catch(() => undefined);
          console.error(`${who} stood at ${page.url()}, see ${path}`);
        }
        throw error;
      }
    });
  };
}

/** POSTs JSON from outside the browser; fails on anything but success. */
export async function post(url, body) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) {
    throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  }
  return answer;
}

/** Asks again until `look` gives something. */
export async function until(what, look, seconds = 60) {
  const end = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await look();
    if (found) {
      return found;
    }
    if (Date.now() > end) {
      throw new Error(`waited ${seconds} s for: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** What was sent to a mailbox or a mobile number, the oldest first. */
export async function messages(world, to) {
  const isMail = to.includes("@");
  const answer = await fetch(`${world.ministack}/_ministack/${isMail ? "ses/messages" : "sns/sms-messages"}`);
  if (!answer.ok) {
    throw new Error(`the outbox answered ${answer.status}`);
  }
  const box = await answer.json();
  if (isMail) {
    const mails = Object.values(box.messages).flat();
    return mails.filter((mail) => mail.To.includes(to)).map((mail) => mail.BodyText);
  }
  return (box.sms_messages[`+86${to}`] ?? []).map((text) => text.Message);
}

/** A mailbox or a mobile number, and what comes there from now on. Each message is read once. */
export async function inbox(world, to) {
  const before = (await messages(world, to)).length;
  const read = new Set();
  const find = (what, pattern) =>
    until(`${what} for ${to}`, async () => {
      const all = await messages(world, to);
      for (let place = before; place < all.length; place += 1) {
        const found = read.has(place) ? null : pattern.exec(all[place]);
        if (found) {
          read.add(place);
          return found[1] ?? found[0];
        }
      }
      return undefined;
    });
  return {
    find,
    /** The six digits of a code. */
    code: () => find("a code", /验证码(?:是：)?(\d{6})/),
    /** Path and secret of a link to a page. */
    link: (page) => find(`a link to ${page}`, new RegExp(`https?://[^/\\s]+(${page}#[\\w.-]+)`)),
  };
}

/** Six digits that are not the ones of this code. */
export function wrong(code) {
  return code.replace(/\d$/, (last) => String((Number(last) + 1) % 10));
}

/** A mobile number that no earlier run has used. */
export function mobile() {
  return `13${String(randomInt(1_000_000_000)).padStart(9, "0")}`;
}

/** A made-up number of a resident identity card with the right check character. */
export function idNumber() {
  const number = `32010219800315${String(randomInt(1000)).padStart(3, "0")}`;
  const sum = [...number].reduce((rest, digit) => ((rest + Number(digit)) * 2) % 11, 0);
  return number + "10X98765432"[sum];
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP_MS = 30_000;

/** What an authenticator app shows now (RFC 6238: HMAC-SHA-1, six digits, 30 s). */
export function totp(secret) {
  const bits = [...secret].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP_MS)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const number = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

/** Logs a member of staff in from the form of the console. A code works once: after a refusal the next one is waited for. */
export async function enterConsole(page, { mail, password, totp: secret }) {
  await page.getByLabel("工作邮箱").fill(mail);
  await page.getByLabel("密码", { exact: true }).fill(password);
  for (let tries = 1; ; tries += 1) {
    const next = (Math.floor(Date.now() / STEP_MS) + 1) * STEP_MS;
    await page.getByLabel("动态验证码").fill(totp(secret));
    const [answer] = await Promise.all([
      page.waitForResponse((got) => got.url().endsWith("/api/console/session") && got.request().method() === "POST"),
      page.getByRole("button", { name: "登录", exact: true }).click(),
    ]);
    if (answer.ok()) {
      return page.getByRole("button", { name: "退出登录" }).waitFor();
    }
    if (tries === 3) {
      throw new Error(`${mail} cannot log in: ${await answer.text()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, next - Date.now()));
  }
}

/** The page of a member of staff who is logged in, at a desk of their own that stands in `at` from then on. */
export async function seat(browser, world, at, who) {
  if (!at[who]) {
    at[who] = await somebody(browser, world);
    await at[who].goto("/console");
    await enterConsole(at[who], world.logins.staff[who]);
    await at[who].waitForURL(/\/console\/(?!login)[\w-]+$/);
  }
  return at[who];
}

/** A named part of a page. */
export const part = (page, name) => page.getByRole("region", { name, exact: true });

/** What stands beside a name in a list of facts. */
export const fact = (where, name) => where.locator(`dt:text-is("${name}") + dd`);

/** Logs a company in by password, from the page for that. */
export async function logIn(page, name, password) {
  await page.goto("/login");
  await page.getByLabel("账号名或企业名称").fill(name);
  await page.getByLabel("密码", { exact: true }).fill(password);
  await page.getByRole("button", { name: "登录", exact: true }).click();
}

/** Registers a company from the open form, with the code that its telephone gets; `shown` when that is typed. */
export async function register(page, world, company, shown) {
  await page.getByLabel("企业名称").fill(company.name);
  await page.getByLabel("统一社会信用代码").fill(company.code);
  await page.getByLabel("联系人姓名").fill(company.contact);
  await page.getByLabel("手机号").fill(company.mobile);
  await page.getByLabel("电子邮箱").fill(company.mail);
  if (company.account) {
    await page.getByLabel("账号名").fill(company.account);
  }
  await page.getByLabel("密码", { exact: true }).fill(company.password);
  await page.getByLabel("再次输入密码").fill(company.password);
  const telephone = await inbox(world, company.mobile);
  await page.getByRole("button", { name: "注册", exact: true }).click();
  const code = await telephone.code();
  await page.getByLabel("验证码", { exact: true }).fill(code);
  await shown?.();
  await page.getByRole("button", { name: "确认并完成注册" }).click();
}

/** Does something again when nothing comes of it: a page may move under the pointer, while its images arrive. */
async function insist(act, what, state) {
  for (let tries = 1; ; tries += 1) {
    await act();
    try {
      return await what.waitFor({ state, timeout: 5_000 });
    } catch (error) {
      if (tries === 3) {
        throw error;
      }
    }
  }
}

/** Says yes to what a small window asks. */
export async function confirm(page, yes = "确定") {
  const button = page.locator(".ant-popconfirm").getByRole("button", { name: yes });
  await insist(() => button.click(), button, "hidden");
}

/** Chooses from a list that opens. */
export async function choose(page, label, option) {
  const list = page.locator(".ant-select-dropdown:visible");
  const item = list.locator(".ant-select-item-option", { hasText: option });
  await insist(() => page.getByLabel(label).click(), list, "visible");
  // Of a long list only what is in sight is there.
  await list.hover();
  await until(`${option} in the list ${label}`, async () => {
    if (await item.isVisible()) {
      return true;
    }
    await page.mouse.wheel(0, 100);
    return false;
  });
  await insist(() => item.click(), item, "hidden");
}

/** Types where an order goes, in place of a saved address. */
export async function fillAddress(page, address) {
  await page.getByRole("region", { name: "收件信息", exact: true }).waitFor();
  const other = page.getByRole("radio", { name: "使用其他地址" });
  if (await other.isVisible()) {
    await other.check();
  }
  for (const [label, text] of Object.entries(address)) {
    await page.getByLabel(label, { exact: true }).fill(text);
  }
}

/** Goes on from a filled-in order to the second look at it; by way of the invoice, if there is to be one. */
export async function secondLook(page) {
  const next = page.getByRole("button", { name: "下一步", exact: true });
  await page.getByTestId("total").getByText("¥").waitFor();
  const invoice = await page.getByRole("checkbox", { name: "开具发票" }).isChecked();
  await next.click();
  if (invoice) {
    await page.getByRole("radiogroup", { name: "发票类型" }).waitFor();
    await next.click();
  }
  await page.getByText(/^请(再次)?确认以下信息/).waitFor();
}

/** Submits after the second look. */
export async function submit(page) {
  await page.getByText("请再次确认以下信息，无误后点击“提交”。").waitFor();
  await page.getByRole("button", { name: "提交", exact: true }).click();
}

/** The number of the order that was just submitted, on the page where it is paid. */
export async function toBePaid(page) {
  await page.waitForURL(/\/orders\/\d{18}\/pay$/);
  await page.getByRole("heading", { name: "支付订单" }).waitFor();
  return /\/orders\/(\d{18})\/pay$/.exec(page.url())[1];
}

/** What somebody does with a telephone: opens what the code says, and pays. */
export async function pay(phone, address) {
  assert.ok(address);
  await phone.goto(address);
  await phone.getByRole("button", { name: /确认付款|立即支付/ }).click();
  await phone
    .getByText(/付款成功|支付成功/)
    .first()
    .waitFor();
}

/** Scans the code on the pay page, and waits until that goes on to the order by itself. */
export async function scan(page, phone, order) {
  await pay(phone, await page.getByRole("link", { name: /正在用手机浏览/ }).getAttribute("href"));
  await page.waitForURL((url) => url.pathname === `/orders/${order}`, { timeout: 60_000 });
}

/** The state of a line on the order's page, sooner or later, without touching the page. */
export async function lineShows(page, name, state) {
  const line = page.getByRole("article", { name });
  await line.getByText(state, { exact: true }).waitFor({ timeout: 60_000 });
  return line;
}

/** Opens the agent by a page's link, as whoever sits there would, and answers with its window. */
export async function openAgent(page, link = "打开密钥助手") {
  const [window] = await Promise.all([
    page.context().waitForEvent("page"),
    page.getByRole("link", { name: link, exact: true }).click(),
  ]);
  return window;
}

/** Proves to the dialog of an activation who one is: the password, and a code to the telephone. */
export async function proveOneself(world, dialog, { mobile: telephone, password }) {
  const phone = await inbox(world, telephone);
  await dialog.getByLabel("登录密码").fill(password);
  await dialog.getByRole("button", { name: "获取验证码" }).click();
  await dialog.getByRole("textbox", { name: "验证码" }).fill(await phone.code());
  await dialog.getByRole("button", { name: "下一步" }).click();
}

/** Chooses a PIN in the agent's window, typed twice. */
export async function choosePin(window, pin, again = pin) {
  await window.getByLabel("新 PIN", { exact: true }).fill(pin);
  await window.getByLabel("再次输入新 PIN").fill(again);
  await window.getByRole("button", { name: "确认并继续" }).click();
}

/** Types a PIN in the agent's window, and says yes. */
export async function typePin(window, pin) {
  await window.getByLabel("密钥 PIN").fill(pin);
  await window.getByRole("button", { name: "确认并继续" }).click();
}

/** A command of this repository. */
export function xtask(...words) {
  const [program, ...first] = process.env.SEALKEY_XTASK ? [process.env.SEALKEY_XTASK] : ["cargo", "xtask"];
  return execFileSync(program, [...first, ...words], { encoding: "utf8" });
}

/** Uploads a file as a paper and waits until it is there. */
export async function paper(page, kind, name, mimeType, buffer) {
  const slot = page.getByRole("region", { name: kind, exact: true });
  await slot.locator("input[type=file]").first().setInputFiles({ name, mimeType, buffer });
  await slot.getByText("已上传").waitFor();
}

/** Opens a company at a reviewer's desk, once it has got there. */
export async function atDesk(page, desk, name) {
  await page.goto(`/console/${desk}`);
  const link = page.getByRole("link", { name, exact: true });
  await until(`${name} at the desk ${desk}`, async () => {
    if (await link.isVisible()) {
      return true;
    }
    const more = page.getByRole("button", { name: "加载更多" });
    await ((await more.isVisible()) ? more : page.getByRole("button", { name: "刷新" })).click();
    return false;
  });
  await link.click();
}

/** Waits until all pages of these papers are on the page as images. They are made after the upload. */
export async function shownAsImages(page, kinds) {
  for (const kind of kinds) {
    const image = page.getByRole("img", { name: `${kind} 第 1 页` }).first();
    await until(`the image of ${kind}`, async () => {
      if (await image.isVisible()) {
        return image.evaluate((node) => node.complete && node.naturalWidth > 0);
      }
      if (await page.getByText("页面图像尚未生成").first().isVisible()) {
        await page.reload();
        await page.getByRole("heading", { level: 1 }).waitFor();
      }
      return false;
    });
  }
}

/** Something with a virtual key: `insert SERIAL`, `eject SERIAL`, `new …`. */
export function token(world, ...words) {
  const command = process.env.SEALKEY_XTASK;
  if (command) {
    // Not by way of `xtask token`, which has cargo look first whether it is built.
    execFileSync(join(dirname(command), "sealkey-token"), [...words, world.tokens]);
  } else {
    xtask("token", ...words, "--dir", world.dir);
  }
}

/**
 * Gives one of the demo's keys a certificate that ends in so many days, the only one on it; below zero, that ended so
 * many days ago.
 */
export function endIn(world, serial, days) {
  const command = process.env.SEALKEY_XTASK;
  if (command) {
    // As with `token`, nothing is built.
    const words = ["--stack", process.env.SEALKEY_STACK, "--end", serial, "--days", String(days)];
    execFileSync(join(dirname(command), "seed"), words);
  } else {
    xtask("token", "expire", serial, "--days", String(days), "--dir", world.dir);
  }
}

/** What the published list of revoked certificates says: why, by serial number. */
export async function revoked(world) {
  const answer = await fetch(`${world.web}/pki/ca.crl`);
  if (!answer.ok) {
    throw new Error(`the list of revoked certificates: ${answer.status}`);
  }
  const words = ["crl", "-inform", "DER", "-noout", "-text"];
  const text = execFileSync("openssl", words, { input: Buffer.from(await answer.arrayBuffer()), encoding: "utf8" });
  const entries = text.split("Serial Number: ").slice(1);
  return new Map(
    entries.map((entry) => [
      /^\w+/.exec(entry)[0].toLowerCase(),
      /Reason Code:\s*(.+)/.exec(entry)?.[1].trim() ?? "Unspecified",
    ]),
  );
}

/** Makes this computer a desk, as an administrator who sits at it. */
export async function enrolDesk(page, name) {
  await page.goto("/console/desks");
  await page.getByRole("button", { name: "登记这台电脑" }).click();
  await page.getByLabel("工位名称").fill(name);
  await page.getByRole("button", { name: "下一步" }).click();
  const window = await openAgent(page);
  await window.getByRole("button", { name: `这台电脑登记为制证工位：${name}` }).click();
  await window.getByRole("heading", { name: "已完成" }).waitFor();
  await page.getByText(`工位“${name}”已登记，可以开始制作。`).waitFor();
  await page.getByRole("article", { name, exact: true }).getByText("使用中").waitFor();
  await window.close();
}

/** Plugs in blank virtual keys, and takes them into the stock, as an administrator reads them off their cases. */
export async function takeIn(page, world, serials) {
  serials.forEach((serial) => token(world, "new", "--blank", "--serial", serial, "--medium", "bjca"));
  await page.goto("/console/stock");
  await page.getByRole("button", { name: "登记入库" }).click();
  const form = page.locator("form");
  await form.getByText("BJCA 介质").click();
  await form.getByLabel("序列号").fill(serials.join("\n"));
  await form.getByRole("button", { name: "登记入库" }).click();
  await page.getByText(`已登记 ${serials.length} 个密钥。`).waitFor();
}

/**
 * Makes the keys of the open line at this desk, on these blank keys, in this order: each is confirmed in the agent's
 * window. Openssl checks the certificates that the console shows afterwards. One that is `scrapped` is made first, given
 * up by the maker, and made anew.
 */
export async function makeKeys(page, serials, companyName, { scrapped } = {}) {
  await page.getByRole("button", { name: "在本工位开始制作" }).click();
  const window = await openAgent(page);
  const make = async (serial, done) => {
    const go = window.getByRole("button", { name: `制作这把密钥：${serial}`, exact: true });
    // With several keys plugged in it is chosen first.
    const choice = window.locator("label.choice", { hasText: serial }).getByRole("radio");
    await go.or(choice).first().waitFor();
    if (await choice.isVisible()) {
      await choice.check();
    }
    await go.click();
    // One that was given up is no longer counted: the number alone does not say that this one is made.
    await go.waitFor({ state: "hidden" });
    await window.getByRole("heading", { name: "正在处理" }).waitFor({ state: "hidden", timeout: 120_000 });
    const made = `已完成 ${done} 把，共 ${serials.length} 把`;
    await window.getByText(made).first().waitFor({ timeout: 120_000 });
  };
  if (scrapped) {
    await make(scrapped, 1);
    const card = page.getByRole("article", { name: "第 1 个密钥", exact: true });
    await card.getByText(scrapped, { exact: true }).waitFor();
    await card.getByRole("button", { name: "作废第 1 个密钥" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("外壳损坏或印刷有误").or(dialog.getByRole("radio").last()).first().click();
    await dialog.getByRole("button", { name: "确认作废" }).click();
    await page.getByText("第 1 个密钥已作废，请换一个空白密钥重新制作。").waitFor();
    await card.getByText("第 2 次制作").waitFor();
  }
  for (const [place, serial] of serials.entries()) {
    await make(serial, place + 1);
  }
  await window.getByRole("heading", { name: "已完成" }).waitFor();
  await window.close();
  await page.getByText("已全部制作完成").waitFor();
  const folder = mkdtempSync(join(tmpdir(), "sealkey-e2e-"));
  const openssl = (...args) => execFileSync("openssl", args, { encoding: "utf8" });
  for (const [place, serial] of serials.entries()) {
    const [cert, chain] = ["pem", "chain"].map((end) => join(folder, `${place}.${end}`));
    const card = page.getByRole("article", { name: `第 ${place + 1} 个密钥`, exact: true });
    await card.getByText("已制作", { exact: true }).waitFor();
    await card.getByText(serial, { exact: true }).waitFor();
    await card.getByRole("button", { name: "查看证书" }).click();
    writeFileSync(cert, await card.getByLabel("证书", { exact: true }).innerText());
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      card.getByRole("button", { name: "下载证书链" }).click(),
    ]);
    await download.saveAs(chain);
    assert.match(openssl("verify", "-CAfile", chain, cert), /OK/);
    const subject = openssl("x509", "-in", cert, "-noout", "-subject", "-nameopt", "utf8,sep_comma_plus");
    assert.ok(subject.includes(companyName), subject);
  }
}

const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/** A valid credit code that no earlier run has used. */
export function creditCode() {
  let code = "91320100";
  let rest = BigInt(Date.now()) * 1000n + BigInt(Math.floor(Math.random() * 1000));
  for (let place = 0; place < 9; place += 1) {
    code += ALPHABET[Number(rest % 31n)];
    rest /= 31n;
  }
  let weight = 1;
  let sum = 0;
  for (const character of code) {
    sum += ALPHABET.indexOf(character) * weight;
    weight = (weight * 3) % 31;
  }
  return code + ALPHABET[(31 - (sum % 31)) % 31];
}

const crcTable = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) {
    c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  }
  return c >>> 0;
});

function crc(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c = crcTable[(c ^ byte) & 0xff] ^ (c >>> 8);
  }
  return (c ^ 0xffffffff) >>> 0;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc(body), body.length + 4);
  return out;
}

/** A real PNG: a white sheet with a dark frame and a red square, like a stamped paper. */
export function png(width = 640, height = 900) {
  const rows = Buffer.alloc((width * 3 + 1) * height, 255);
  for (let y = 0; y < height; y += 1) {
    rows[y * (width * 3 + 1)] = 0;
    for (let x = 0; x < width; x += 1) {
      const at = y * (width * 3 + 1) + 1 + x * 3;
      const frame = x < 12 || y < 12 || x >= width - 12 || y >= height - 12;
      const seal = Math.abs(x - width * 0.7) < 90 && Math.abs(y - height * 0.75) < 90;
      if (frame) rows.fill(40, at, at + 3);
      if (seal) rows.set([190, 30, 30], at);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A red ring with a star, 40 mm across with its ink, for the middle of a box of the seal sheet. */
const STAMP = `<svg viewBox="-35 -35 70 70" style="position: absolute; inset: 0; width: 70mm; height: 70mm">
<g fill="none" stroke="#c4161c" stroke-width="1.6"><circle r="19.2"/>
<path d="M0 -8 L4.7 6.5 L-7.6 -2.5 L7.6 -2.5 L-4.7 6.5 Z" fill="#c4161c" stroke="none"/></g></svg>`;

/** The seal sheet of a line as its page prints it, with a stamp in its first box: PDF. */
export async function stampedSheet(page, order, line = 1) {
  const sheet = await page.context().newPage();
  await sheet.goto(new URL(`/orders/${order}/lines/${line}/templates/seal_sheet`, page.url()).href);
  await sheet.locator("[data-box='0']").evaluate((box, stamp) => box.insertAdjacentHTML("beforeend", stamp), STAMP);
  const printed = await sheet.pdf({ preferCSSPageSize: true });
  await sheet.close();
  return printed;
}

/** A real one-page PDF with a line of text. */
export function pdf(text = "Authorisation letter") {
  const stream = `BT /F1 24 Tf 72 720 Td (${text}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let out = "%PDF-1.4\n";
  const places = objects.map((object, index) => {
    const place = out.length;
    out += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const table = out.length;
  out += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  out += places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  out += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(out, "latin1");
}

/** A real JPEG, drawn by the browser. */
export async function jpeg(page) {
  const base64 = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = 800;
    canvas.height = 1000;
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, 800, 1000);
    pen.fillStyle = "#222";
    pen.font = "40px sans-serif";
    pen.fillText("营业执照", 300, 120);
    pen.strokeStyle = "#b3261e";
    pen.lineWidth = 8;
    pen.beginPath();
    pen.arc(560, 780, 110, 0, 7);
    pen.stroke();
    return canvas.toDataURL("image/jpeg", 0.9).split(",")[1];
  });
  return Buffer.from(base64, "base64");
}
