/**
 * The JavaScript that a visit loads when it begins at an address, gzipped. Fails when one of the addresses at which
 * companies begin is over the budget, or loads a part of the console.
 */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_KB = 250;
const ENTRANCES = new Set(["home (/)", "login (/login)"]);
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

/** A chunk with everything that it imports statically. */
function withImports(key, found = new Set()) {
  if (!found.has(key)) {
    found.add(key);
    for (const next of manifest[key].imports ?? []) {
      withImports(next, found);
    }
  }
  return found;
}

function kilobytes(keys) {
  const bytes = [...keys]
    .map((key) => manifest[key].file)
    .filter((file) => file.endsWith(".js"))
    .reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, dist))).length, 0);
  return bytes / 1000;
}

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const visits = {
  "home (/)": ["src/company/shell/CompanyShell.tsx", "src/company/home/HomePage.tsx"],
  "login (/login)": ["src/company/shell/CompanyShell.tsx", "src/company/login/LoginPage.tsx"],
  "order form (/order/new)": [
    "src/company/shell/CompanyShell.tsx",
    "src/company/shell/RequireSession.tsx",
    "src/company/order-form/OrderFormPage.tsx",
  ],
  "pay (/orders/…/pay)": [
    "src/company/shell/CompanyShell.tsx",
    "src/company/shell/RequireSession.tsx",
    "src/company/pay/PayPage.tsx",
  ],
  "review desk (/console/review)": [
    "src/console/shell/ConsoleShell.tsx",
    "src/console/shell/RequireRole.tsx",
    "src/console/review/ReviewQueuePage.tsx",
  ],
};

let over = false;
for (const [name, pages] of Object.entries(visits)) {
  const keys = new Set();
  for (const key of [entry, ...pages]) {
    // A module that another page imports too stands in a shared chunk, which its importers name.
    if (key in manifest) {
      withImports(key, keys);
    }
  }
  const size = kilobytes(keys);
  const company = pages[0].startsWith("src/company/");
  const late = ENTRANCES.has(name) && size > BUDGET_KB;
  over ||= late;
  console.log(`${size.toFixed(1).padStart(7)} kB  ${name}${late ? `  over ${BUDGET_KB} kB` : ""}`);
  if (company && [...keys].some((key) => key.startsWith("src/console/") || key.startsWith("src/i18n/console"))) {
    console.error(`${name} loads a part of the console`);
    over = true;
  }
}
process.exitCode = over ? 1 : 0;
