/**
 * The agent in Chromium: its own page does what it should, and a hostile page of another origin, to which the browser has
 * granted this computer's ports, does nothing at all. SEALKEY_AGENT names the built program.
 */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import { chromium } from "playwright-core";

import { until } from "./lib.mjs";

const program = process.env.SEALKEY_AGENT;
if (!program) {
  throw new Error("SEALKEY_AGENT must name a built sealkey-agent");
}
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = process.env.PICTURES;
const folder = mkdtempSync(join(tmpdir(), "sealkey-agent-"));

let agent;
/** A program on this computer that guards nothing: what reaches it could have reached the agent. */
let naive;
let hostile;
/** A page of another program on this computer: another port, and so the same site. */
let neighbour;
let context;

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const { x, y } = publicKey.export({ format: "jwk" });
const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);

/** A ticket as the cloud signs it, of a verb that no agent knows. */
function ticket() {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const kid = createHash("sha256").update(point).digest("base64url");
  const signed = `${part({ alg: "ES256", typ: "sealkey-ticket", kid })}.${part({ verb: "of_tomorrow" })}`;
  const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${signed}.${signature.toString("base64url")}`;
}

function listening(server) {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(server.address().port));
  });
}

async function freePort() {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Counts what comes, and says yes to all of it. */
async function open(answer = () => "<!doctype html><title>open</title>") {
  const came = [];
  const server = createServer((asked, answered) => {
    came.push(`${asked.method} ${asked.url}`);
    answered.writeHead(200, { "content-type": "text/html", "access-control-allow-origin": "*" }).end(answer(asked));
  });
  return { port: await listening(server), came, server };
}

async function startAgent() {
  const port = await freePort();
  mkdirSync(join(folder, "profiles"));
  const config = join(folder, "config.json");
  writeFileSync(
    config,
    JSON.stringify({
      cloud: `http://127.0.0.1:${await freePort()}`,
      site_origins: ["https://site.test"],
      ticket_keys: [point.toString("base64url")],
      port,
      journal: "state",
    }),
  );
  const child = spawn(program, ["--config", config], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value } = await lines.next();
  assert.match(value ?? "", /^sealkey-agent .* on http:/);
  return { port, origin: `http://127.0.0.1:${port}`, stop: () => (child.kill("SIGTERM"), ended) };
}

/** Asks the agent as no browser would: from outside, and with everything right. */
function ask(method, path, headers = {}, body = "") {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port: agent.port, method, path, headers }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => resolve(Buffer.concat(parts).toString()));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

async function call(verb) {
  const [, proof] = /name="sealkey-page" content="(\w+)"/.exec(await ask("GET", "/"));
  const headers = { origin: agent.origin, "content-type": "application/json", "x-sealkey-page": proof };
  return JSON.parse(await ask("POST", `/api/${verb}`, headers, "{}"));
}

/** What the agent wrote down so far. */
function log() {
  return readFileSync(join(folder, "state/log/agent.log"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** How often the agent has at least refused something for this reason. */
function refused(why) {
  const of = log().filter((line) => line.event === "refused" && line.why === why);
  return of.at(-1)?.times ?? 0;
}

const touched = () => log().filter(({ event }) => !["started", "refused"].includes(event));

before(async () => {
  agent = await startAgent();
  naive = await open();
  neighbour = await open(() => "<!doctype html><title>neighbour</title><script>document.cookie='theirs=1'</script>");
  const files = ["key", "cert"].map((name) => join(folder, `${name}.pem`));
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
      ...["-subj", "/CN=evil.test", "-addext", "subjectAltName=DNS:evil.test"],
      ...["-keyout", files[0], "-out", files[1]],
    ],
    { stdio: "ignore" },
  );
  const [key, cert] = files.map((file) => readFileSync(file));
  const server = createSecureServer({ key, cert }, (_, answered) => {
    answered.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>hostile</title><p>hello</p>");
  });
  const port = await listening(server);
  hostile = { port, server, origin: `https://evil.test:${port}` };
  context = await chromium.launchPersistentContext(join(folder, "profile"), {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    ignoreHTTPSErrors: true,
    locale: "zh-CN",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      // The hostile page comes from far away, though it is on this machine; so the browser guards loopback from it.
      `--ip-address-space-overrides=127.0.0.1:${port}=public`,
      "--host-resolver-rules=MAP evil.test 127.0.0.1, MAP rebound.test 127.0.0.1",
    ],
  });
  context.setDefaultTimeout(20_000);
});

after(async () => {
  await context?.close();
  for (const { server } of [naive, neighbour, hostile].filter(Boolean)) {
    server.closeAllConnections();
    server.close();
  }
  await agent?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A page of the hostile site, to which somebody has once said yes. */
async function hostilePage() {
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  for (const name of ["loopback-network", "local-network"]) {
    await cdp.send("Browser.setPermission", { permission: { name }, setting: "granted", origin: hostile.origin });
  }
  await page.goto(hostile.origin);
  return page;
}

/** Runs an attack, waits until the agent has refused it for this reason, and looks whether it changed anything. */
function attack(name, why, run) {
  test(name, async () => {
    const before = { state: await call("state"), touched: touched().length };
    const page = await hostilePage();
    try {
      const often = refused(why);
      await run(page);
      // The log tells of the 1st, 2nd, 4th … time: knocks until it tells.
      await until(`a refusal for ${why}`, async () => {
        if (refused(why) > often) {
          return true;
        }
        await run(page);
        return false;
      });
      assert.deepEqual({ state: await call("state"), touched: touched().length }, before);
    } finally {
      await page.close();
    }
  });
}

test("the hostile page reaches what guards nothing", async () => {
  const page = await hostilePage();
  const at = `http://127.0.0.1:${naive.port}`;
  assert.match(await page.evaluate(async (url) => (await fetch(`${url}/read`)).text(), at), /open/);
  await page.evaluate((url) => fetch(`${url}/blind`, { method: "POST", mode: "no-cors", body: "{}" }), at);
  await page.evaluate((url) => {
    const form = document.createElement("form");
    Object.assign(form, { method: "POST", action: `${url}/form`, target: "_blank" });
    document.body.append(form);
    form.submit();
  }, at);
  await until("the form", () => naive.came.includes("POST /form"));
  assert.deepEqual(naive.came.slice(0, 2), ["GET /read", "POST /blind"]);
  await page.close();
});

const fails = (page, what, argument) =>
  page.evaluate(what, argument).then(
    (read) => assert.fail(`it read ${read}`),
    (error) => assert.match(error.message, /Failed to fetch/),
  );

attack("a fetch reads nothing", "fetch", (page) =>
  fails(page, (url) => fetch(`${url}/`).then((answer) => answer.text()), agent.origin),
);

attack("a fetch with JSON is not let through", "method", (page) =>
  fails(
    page,
    ({ url, ticket }) =>
      fetch(`${url}/api/begin`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-sealkey-page": "0".repeat(64) },
        body: JSON.stringify({ ticket }),
      }).then((answer) => answer.text()),
    { url: agent.origin, ticket: ticket() },
  ),
);

attack("a blind POST does nothing", "origin", (page) =>
  page.evaluate(
    ({ url, ticket }) =>
      fetch(`${url}/api/begin`, { method: "POST", mode: "no-cors", body: JSON.stringify({ ticket }) }).then(
        (answer) => Promise.reject(new Error(`it got ${answer.type}`)),
        // Not even an answer that cannot be read: the agent's are for its own origin.
        () => undefined,
      ),
    { url: agent.origin, ticket: ticket() },
  ),
);

attack("a beacon does nothing", "origin", (page) =>
  page.evaluate((url) => navigator.sendBeacon(`${url}/api/stop`, "{}"), agent.origin),
);

attack("a form does nothing", "origin", (page) =>
  page.evaluate(
    ({ url, ticket }) => {
      const form = document.createElement("form");
      Object.assign(form, { method: "POST", action: `${url}/api/begin`, enctype: "text/plain", target: "_blank" });
      // In text/plain a field is name=value: so it can be JSON.
      const field = document.createElement("input");
      Object.assign(field, { name: `{"ticket":"${ticket}","a":"`, value: '"}' });
      form.append(field);
      document.body.append(form);
      form.submit();
    },
    { url: agent.origin, ticket: ticket() },
  ),
);

attack("no frame shows the agent", "fetch", async (page) => {
  await page.evaluate(
    (url) =>
      new Promise((resolve) => {
        const frame = document.createElement("iframe");
        Object.assign(frame, { src: `${url}/#a.b.c`, allow: "loopback-network", onload: resolve });
        document.body.append(frame);
      }),
    agent.origin,
  );
  for (const frame of page.frames().slice(1)) {
    assert.equal(await frame.locator("#main").count(), 0);
  }
});

attack("no script, style or image of the agent loads", "fetch", async (page) => {
  const loaded = await page.evaluate(
    (url) =>
      Promise.all(
        [
          ["script", { src: `${url}/ticket.js` }],
          ["link", { rel: "stylesheet", href: `${url}/agent.css` }],
          ["img", { src: `${url}/favicon.svg` }],
        ].map(
          ([tag, properties]) =>
            new Promise((resolve) => {
              const node = Object.assign(document.createElement(tag), properties);
              node.onload = () => resolve(tag);
              node.onerror = () => resolve(null);
              document.head.append(node);
            }),
        ),
      ),
    agent.origin,
  );
  assert.deepEqual(loaded, [null, null, null]);
});

attack("no socket opens", "upgrade", async (page) => {
  const opened = await page.evaluate(
    (port) =>
      new Promise((resolve) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/api/state`);
        socket.onopen = () => resolve(true);
        socket.onerror = () => resolve(false);
      }),
    agent.port,
  );
  assert.equal(opened, false);
});

attack("a name that leads here is refused: a window of its own", "host", async (page) => {
  const other = await context.newPage();
  const answer = await other.goto(`http://rebound.test:${agent.port}/`).catch(() => null);
  assert.ok(answer === null || answer.status() === 403);
  await other.close();
  assert.equal(await page.title(), "hostile");
});

attack("a name that leads here is refused: a call under that name", "host", (page) =>
  page.evaluate(
    ({ port, ticket }) =>
      fetch(`http://rebound.test:${port}/api/begin`, {
        method: "POST",
        mode: "no-cors",
        targetAddressSpace: "loopback",
        body: JSON.stringify({ ticket }),
      }).catch(() => undefined),
    { port: agent.port, ticket: ticket() },
  ),
);

test("who opens the agent's window has no hold on it", async () => {
  const page = await hostilePage();
  const [opened] = await Promise.all([
    context.waitForEvent("page"),
    page.evaluate((url) => {
      globalThis.theirs = open(`${url}/`, "agent");
    }, agent.origin),
  ]);
  await opened.getByRole("heading", { name: "助手自检" }).waitFor();
  // Cut off: for the opener the window is closed, and in the window there is no opener.
  assert.equal(await page.evaluate(() => globalThis.theirs.closed), true);
  assert.equal(await opened.evaluate(() => globalThis.opener), null);
  await page.evaluate((url) => {
    globalThis.theirs.postMessage({ ticket: "a.b.c" }, "*");
    globalThis.theirs.location = `${url}/#a.b.c`;
  }, agent.origin);
  assert.equal(opened.url(), `${agent.origin}/`);
  assert.equal(touched().length, 0);
  assert.deepEqual(await call("state"), { operation: null });
  await opened.close();
  await page.close();
});

test("a page of another program on this computer does nothing, and its cookie does no harm", async () => {
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${neighbour.port}/`);
  assert.equal((await context.cookies(agent.origin)).length, 1);
  const often = refused("origin");
  await until("a refusal", async () => {
    await page.evaluate(
      (url) =>
        fetch(`${url}/api/stop`, { method: "POST", mode: "no-cors", credentials: "include", body: "{}" }).catch(
          () => undefined,
        ),
      agent.origin,
    );
    return refused("origin") > often;
  });
  await fails(page, (url) => fetch(`${url}/`).then((answer) => answer.text()), agent.origin);
  assert.equal(touched().length, 0);
  await page.goto(agent.origin);
  await page.getByRole("heading", { name: "助手自检" }).waitFor();
  await context.clearCookies();
  await page.close();
});

test("the ticket leaves the address bar, and reaches the agent from its own page only", async () => {
  const page = await context.newPage();
  await page.goto(`${agent.origin}/#${ticket()}`);
  await page.getByText("此版本的助手不能完成这个操作").waitFor();
  await page.getByText("请在网站上下载并安装新版助手").waitFor();
  await page.getByRole("button", { name: "返回" }).click();
  await page.getByRole("heading", { name: "助手自检" }).waitFor();
  assert.equal(page.url(), `${agent.origin}/`);
  assert.equal(await page.evaluate(() => history.length), 2);
  // The same window once more, with a ticket of nobody.
  await page.evaluate(() => {
    location.hash = "a.b.c";
  });
  await page.getByText("打开本页的链接不完整").waitFor();
  assert.equal(page.url(), `${agent.origin}/`);
  assert.deepEqual(
    touched().map(({ event, code }) => [event, code]),
    [
      ["ticket_refused", "agent_old"],
      ["ticket_refused", "ticket_malformed"],
    ],
  );
  const left = readFileSync(join(folder, "state/log/agent.log"), "utf8");
  assert.ok(!left.includes(ticket().slice(0, 20)));
  await page.close();
});

test("the self-check says what is wrong, in two languages, and its report can be copied", async () => {
  const page = await context.newPage();
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: agent.origin });
  await page.goto(agent.origin);
  await page.getByRole("heading", { name: "助手自检" }).waitFor();
  const line = (item) => page.locator(`[data-item=${item}]`);
  assert.equal(await line("agent").getAttribute("data-standing"), "good");
  assert.equal(await line("clock").getAttribute("data-standing"), "unknown");
  for (const item of ["module", "reader", "cloud"]) {
    assert.equal(await line(item).getAttribute("data-standing"), "bad", item);
  }
  await line("reader").getByText("请插入密钥").waitFor();
  await page.getByRole("button", { name: "复制报告" }).click();
  await page.getByText("已复制").waitFor();
  const report = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(report, /^sealkey-agent \d/);
  assert.match(report, /\ncloud: cloud_unreachable\n/);
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("heading", { name: "Self-check" }).waitFor();
  await line("reader").getByText("Please plug in the key").waitFor();
  // Kept in this tab only.
  await page.reload();
  await page.getByRole("heading", { name: "Self-check" }).waitFor();
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  await page.close();
});

// ---------------------------------------------------------------- what the page makes of what the agent says

const KEY = {
  serial: "SK2026000001",
  label: "公章",
  medium: "bjca",
  tries: "many",
  pin: { min: 6, max: 16, pad: false },
  not_after: "2027-05-01T00:00:00Z",
  trouble: null,
};
const OTHER = {
  ...KEY,
  serial: "SK2026000009",
  label: "<img src=x onerror=alert(1)>",
  trouble: { code: "wrong_key", found: "SK2026000009", needed: KEY.serial },
};

function asking(more = {}, stage = {}) {
  return {
    operation: {
      operation: "01ARZ3NDEKTSV4RRFFQ69G5FAV",
      company: "南京<b>某某</b>有限公司",
      site: "https://site.test",
      verb: "test",
      needed: KEY.serial,
      keys: [OTHER, KEY],
      stage: { kind: "asking", fields: ["current"], trouble: null, ...stage },
      ...more,
    },
  };
}

/** The agent's page, before an agent that says what the test wants. */
async function staged(state, { width = 1280 } = {}) {
  const page = await context.newPage();
  await page.setViewportSize({ width, height: 900 });
  const said = { state, answers: [], errors: [], next: null };
  page.on("pageerror", (error) => said.errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && said.errors.push(message.text()));
  await page.route("**/api/*", async (route) => {
    const verb = new URL(route.request().url()).pathname.slice(5);
    if (verb === "answer") {
      said.answers.push(route.request().postDataJSON());
      said.state = said.next ?? said.state;
    }
    await route.fulfill({ json: said.state });
  });
  await page.goto(agent.origin);
  await page.getByRole("heading", { name: "请确认" }).waitFor();
  return { page, said };
}

async function sound(page, name) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${name}: ${wide} px too wide`);
  // axe is put in by the debugger, which no policy of the page concerns.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(
    violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
    [],
    name,
  );
  if (pictures) {
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `agent-${name}.png`), fullPage: true });
  }
}

test("the PIN is asked for the right key, goes once, and is in no field", async () => {
  const { page, said } = await staged(asking());
  await page.getByText("南京<b>某某</b>有限公司").waitFor();
  await page.getByText("不是需要的密钥：插入的是 SK2026000009").waitFor();
  assert.equal(await page.getByRole("radio").count(), 0);
  const field = page.getByLabel("密钥 PIN");
  assert.equal(await field.getAttribute("type"), "password");
  assert.equal(await page.locator("form").count(), 0);
  await field.pressSequentially("13x5");
  await field.press("ArrowLeft");
  await field.press("Backspace");
  await field.pressSequentially("79");
  await field.press("End");
  await field.pressSequentially("24680");
  assert.equal(await field.inputValue(), "•".repeat(10));
  // A look at the agent in between takes nothing away.
  await page.waitForResponse((answer) => answer.url().endsWith("/api/state"));
  assert.equal(await field.inputValue(), "•".repeat(10));
  await sound(page, "asking");
  said.next = asking({}, { trouble: { code: "pin_wrong", tries: "few" } });
  await field.press("Enter");
  await page.getByText("PIN 不正确。PIN 已输错过").waitFor();
  assert.deepEqual(said.answers, [{ serial: KEY.serial, current: "1379524680", last_try: false }]);
  assert.equal(await field.inputValue(), "");
  assert.ok(!(await page.content()).includes("1379524680"));
  // The same fault once more is told once more, and can be answered again.
  await field.fill("1379524680");
  await page.getByRole("button", { name: "确认并继续" }).click();
  await until("a second answer", () => said.answers.length === 2);
  await until("an empty field", async () => (await field.inputValue()) === "");
  assert.ok(await page.getByRole("button", { name: "确认并继续" }).isEnabled());
  assert.deepEqual(said.errors, []);
  await page.close();
});

test("a PIN that cannot be right costs no try", async () => {
  const { page, said } = await staged(asking({ verb: "inspect" }, { fields: ["current", "new"] }));
  await page.getByLabel("密钥 PIN").fill("123");
  await page.getByRole("button", { name: "确认并继续" }).click();
  await page.getByText("PIN 的长度应为 6 至 16 位").waitFor();
  await page.getByLabel("密钥 PIN").fill("123456");
  const renewed = async (pin, again) => {
    await page.getByLabel("新 PIN", { exact: true }).fill(pin);
    await page.getByLabel("再次输入新 PIN").fill(again);
  };
  await renewed("802467", "802468");
  await page.getByRole("button", { name: "确认并继续" }).click();
  await page.getByText("两次输入的新 PIN 不一致").waitFor();
  await renewed("234567", "234567");
  await page.getByRole("button", { name: "确认并继续" }).click();
  await page.getByText("这个 PIN 太容易被猜到").waitFor();
  assert.deepEqual(said.answers, []);
  await renewed("802467", "802467");
  await page.getByRole("button", { name: "确认并继续" }).click();
  await until("an answer", () => said.answers.length === 1);
  assert.deepEqual(said.answers[0], { serial: KEY.serial, current: "123456", new: "802467", last_try: false });
  await page.close();
});

test("before the last try it asks once more", async () => {
  const { page, said } = await staged(asking({ keys: [{ ...KEY, tries: "last" }] }), { width: 390 });
  await page.getByText("PIN 只剩最后一次机会").waitFor();
  await page.getByLabel("密钥 PIN").fill("123456");
  await page.getByRole("button", { name: "确认并继续" }).click();
  await page.getByText(`密钥 ${KEY.serial} 将被锁定`).waitFor();
  await sound(page, "last-try-phone");
  await page.getByRole("button", { name: "返回核对" }).click();
  assert.deepEqual(said.answers, []);
  assert.equal(await page.getByLabel("密钥 PIN").inputValue(), "•".repeat(6));
  await page.getByRole("button", { name: "确认并继续" }).click();
  await page.getByRole("button", { name: "我已核对，继续" }).click();
  await until("an answer", () => said.answers.length === 1);
  assert.equal(said.answers[0].last_try, true);
  await page.close();
});

test("of several good keys one is chosen, and none is used by itself", async () => {
  const second = { ...KEY, serial: "SK2026000002" };
  const { page, said } = await staged(asking({ needed: null, keys: [KEY, second] }));
  assert.equal(await page.getByLabel("密钥 PIN").count(), 0);
  await page.getByRole("radio", { name: /SK2026000002/ }).check();
  await page.getByLabel("密钥 PIN").fill("123456");
  await page.getByRole("button", { name: "确认并继续" }).click();
  await until("an answer", () => said.answers.length === 1);
  assert.equal(said.answers[0].serial, second.serial);
  // It is pulled out: there is nothing to type any more.
  said.state = asking({ keys: [] });
  await page.getByText("没有发现密钥。请插入密钥").waitFor();
  assert.equal(await page.getByLabel("密钥 PIN").count(), 0);
  await page.close();
});

test("a locked key is read without its PIN, which is said before it is done", async () => {
  const { page, said } = await staged(asking({ verb: "inspect", keys: [{ ...KEY, tries: "locked" }] }), { width: 390 });
  await page.getByText(/密钥不能证明自己，但其中的证书仍可读取/).waitFor();
  assert.equal(await page.getByLabel("密钥 PIN").count(), 0);
  await sound(page, "locked-inspect-zh-phone");
  await page.getByRole("button", { name: "English" }).click();
  await page.getByText(/A reviewer confirms the time left/).waitFor();
  await sound(page, "locked-inspect-en-phone");
  await page.getByRole("button", { name: "Read the certificate without the PIN" }).click();
  await until("an answer", () => said.answers.length === 1);
  assert.deepEqual(said.answers[0], { serial: KEY.serial });
  await page.close();
});

test("progress, the end and a failure are told on a narrow screen too, in both languages", async () => {
  const { page, said } = await staged(asking(), { width: 390 });
  const stages = [
    ["working", { kind: "working", step: "signing", done: 2, of: 4 }, "密钥正在签名", "The key is signing"],
    ["failed", { kind: "failed", trouble: { code: "pin_locked" } }, "PIN 已锁定", "The PIN is locked"],
    [
      "done",
      {
        kind: "done",
        read: { serial: KEY.serial, medium: "bjca", certificate_serial: "40", not_after: KEY.not_after },
      },
      "结果已送达网站",
      "The website has the result",
    ],
  ];
  for (const [name, stage, chinese, english] of stages) {
    said.state = asking({ stage });
    await page.reload();
    await page.getByText(chinese).waitFor();
    await sound(page, `${name}-zh-phone`);
    await page.getByRole("button", { name: "English" }).click();
    await page.getByText(english).waitFor();
    await sound(page, `${name}-en-phone`);
    await page.getByRole("button", { name: "中文" }).click();
    await page.getByText(chinese).waitFor();
  }
  await page.close();
});

test("the self-check is sound on both screens", async () => {
  for (const width of [390, 1280]) {
    const page = await context.newPage();
    await page.setViewportSize({ width, height: 900 });
    await page.goto(agent.origin);
    await page.getByRole("heading", { name: "助手自检" }).waitFor();
    await page.getByText("请安装").first().or(page.getByText("请重新安装助手")).first().waitFor();
    await sound(page, `check-${width}`);
    await page.close();
  }
});

// The last: it takes the agent away.
test("an agent that is gone is said, with the way out", async () => {
  const page = await context.newPage();
  await page.goto(agent.origin);
  await page.getByRole("heading", { name: "助手自检" }).waitFor();
  assert.equal(await agent.stop(), 0);
  await page.getByRole("button", { name: "重新检查" }).click();
  await page.getByText("联系不上助手").waitFor();
  await page.getByText("请重新启动密钥助手").waitFor();
  await page.close();
});
