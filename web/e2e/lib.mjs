/** What every browser test shares: Chromium, the stack under test, and small real files. */
import { readFileSync } from "node:fs";
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
export async function open(browser, baseURL, { width = 1280, height = 900, language } = {}) {
  const context = await browser.newContext({
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
