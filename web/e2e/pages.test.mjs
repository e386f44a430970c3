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

let server;
let browser;
const contexts = {};

before(async () => {
  server = await preview({ preview: { port: 0, host: "127.0.0.1", headers: { "content-security-policy": CSP } } });
  browser = await launch();
  if (pictures) {
    mkdirSync(pictures, { recursive: true });
  }
});

after(async () => {
  await browser?.close();
  await server?.close();
});

function problem(code, status) {
  return {
    status,
    contentType: "application/problem+json",
    body: JSON.stringify({
      type: `urn:sealkey:error:${code}`,
      title: code,
      status,
      code,
      requestId: "01HZX5T0Q2V9",
    }),
  };
}

const address = () => `http://127.0.0.1:${server.httpServer.address().port}`;

for (const { name, path, answers } of pages) {
  test(name, async () => {
    const known = JSON.stringify(answers);
    for (const [language, sizes] of [
      [
        "zh",
        [
          ["desktop", 1280, 900],
          ["phone", 390, 844],
        ],
      ],
      // English words are longer: the narrow screen is the hard one.
      ["en", [["phone", 390, 844]]],
    ]) {
      for (const [size, width, height] of sizes) {
        const where = `${name} ${language} ${size}`;
        const key = `${language} ${size}`;
        contexts[key] ??= await open(browser, address(), { width, height, language });
        const page = await contexts[key].newPage();
        try {
          // The clock of the fixtures.
          await page.clock.setFixedTime("2026-11-21T01:40:00Z");
          const said = [];
          page.on("pageerror", (error) => said.push(String(error)));
          page.on("console", (message) => {
            // A refusal that the page asked for is in the log of every browser.
            if (message.type() === "error" && !/status of (401|404)/.test(message.text())) {
              said.push(message.text());
            }
          });
          await page.route("**/api/**", (route) => {
            const { pathname, searchParams } = new URL(route.request().url());
            if (pathname.endsWith(".svg")) {
              return route.fulfill({ contentType: "image/svg+xml", body: SHEET });
            }
            const answer = answers[`${route.request().method()} ${pathname}`];
            if (answer !== undefined) {
              const state = searchParams.get("state");
              if (state && answer.orders) {
                return route.fulfill({
                  json: { orders: answer.orders.filter((row) => row.display === state), cursor: null },
                });
              }
              return route.fulfill({ json: answer });
            }
            return route.fulfill(
              pathname.endsWith("/session") ? problem("login_required", 401) : problem("not_found", 404),
            );
          });
          await page.goto(path, { waitUntil: "load" });
          await page.getByRole("heading", { level: 1 }).waitFor();
          await page.getByTestId("loading").first().waitFor({ state: "detached" });
          await page.evaluate(() =>
            Promise.all([...document.images].map((image) => image.decode().catch(() => undefined))),
          );
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
            const text = await page.evaluate(() => document.body.innerText.replace("中文", ""));
            const foreign = (text.match(/[\p{Script=Han}，。：]+/gu) ?? []).filter((word) => !known.includes(word));
            assert.deepEqual(foreign, [], `${where}: untranslated`);
          }
          // The words differ between languages, the elements do not.
          if (language === "en") {
            assert.deepEqual(said, [], `${where}: console`);
            continue;
          }
          await page.evaluate(axe);
          const { violations } = await page.evaluate(() =>
            axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }),
          );
          const bad = violations.map(
            ({ id, nodes }) => `${id}: ${nodes.map((n) => `${n.target} ${n.failureSummary}`).join(" | ")}`,
          );
          assert.deepEqual(bad, [], `${where}: axe`);
          assert.deepEqual(said, [], `${where}: console`);
        } finally {
          await page.close();
        }
      }
    }
  });
}
