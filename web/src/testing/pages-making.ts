/** How keys are made before the staff: the line's page, what goes into the parcel, blank keys, desks. */
import type { OperationView, ProductionView, StockView } from "../api/schema";
import * as fixture from "./fixtures";
import * as own from "./fixtures-making";
import type { PageFixture } from "./pages";

const at = `${own.waiting.row.order}/1`;
const line = `/console/production/${at}`;
const maker = { "GET /api/console/session": fixture.staff("maker") };
const admin = { "GET /api/console/session": fixture.staff("admin") };
const one = `GET /api/console/operations/${own.OPERATION}`;

const production = (name: string, view: ProductionView, operation?: OperationView): PageFixture => ({
  name: `console-production-${name}`,
  path: operation ? `${line}?operation=${own.OPERATION}` : line,
  answers: {
    ...maker,
    [`GET /api${line}`]: view,
    [`GET /api${line}/seals`]: own.seals(view !== own.waiting),
    ...(operation && { [one]: operation }),
  },
});
const stock = (name: string, query: string, view: StockView, who: object = maker): PageFixture => ({
  name: `console-stock${name}`,
  path: `/console/stock${query}`,
  answers: { ...who, "GET /api/console/stock": view },
});

const MEDIUM = ".ant-radio-group label";
const SEND = "main section .ant-btn-primary";
const escrow = (name: string, press: string[], text = own.escrowFile, more: object = {}): PageFixture => ({
  name: `console-escrow${name}`,
  path: "/console/stock/escrow",
  answers: { ...admin, ...more },
  press: press.length === 0 ? [] : [["textarea", text], ...press],
});

const START = "main .ant-btn-primary";

export const pagesMaking: PageFixture[] = [
  production("waiting", own.waiting),
  {
    ...production("ready", own.waiting, own.making()),
    path: line,
    answers: {
      ...production("ready", own.waiting, own.making()).answers,
      [`POST /api${line}/operations`]: own.ticket,
    },
    press: [START],
  },
  { ...production("no-ticket", own.waiting), press: [START] },
  production("adrift", own.waiting, own.making()),
  production("claimed", own.halfMade, own.claimed),
  production("wrong-key", own.halfMade, own.making({ ...own.claimed, obstacle: "wrong_key" })),
  production("given-up", own.halfMade, own.givenUp),
  production("done", own.finished, own.done),
  production("finished", own.finished),
  { ...production("scrap", own.halfMade), press: ["article:nth-of-type(2) .ant-btn-dangerous"] },
  {
    name: "console-papers-list",
    path: `${line}/papers`,
    answers: { ...maker, [`GET /api${line}`]: own.finished },
  },
  {
    name: "console-papers-labels",
    path: `${line}/papers?print=labels`,
    answers: { ...maker, [`GET /api${line}`]: own.finished },
  },
  {
    name: "console-papers-not-yet",
    path: `${line}/papers`,
    answers: { ...maker, [`GET /api${line}`]: own.halfMade },
  },
  stock("", "", own.stock),
  stock("-used", "?state=used", own.used),
  stock("-scrapped", "?state=scrapped", own.scrapped),
  stock("-empty", "?medium=cpp", { counts: [], keys: [], cursor: null }),
  { ...stock("-take", "", own.stock, admin), press: ["main .ant-btn-primary", "form .ant-btn-primary"] },
  { ...stock("-scrap", "", own.stock), press: ["tbody .ant-btn-dangerous"] },
  escrow("", []),
  escrow("-unread", ["form button[type=submit]"], " "),
  escrow("-read", ["form button[type=submit]"]),
  escrow("-sent", ["form button[type=submit]", MEDIUM, SEND], own.escrowFile, { "POST /api/console/escrow": {} }),
  escrow("-halted", ["form button[type=submit]", MEDIUM, SEND]),
  { name: "console-stock-broken", path: "/console/stock", answers: maker },
  {
    name: "console-stock-forbidden",
    path: "/console/stock",
    answers: { "GET /api/console/session": fixture.staff("reviewer") },
  },
  { name: "console-desks", path: "/console/desks", answers: { ...admin, "GET /api/console/desks": own.desks } },
  { name: "console-desks-maker", path: "/console/desks", answers: { ...maker, "GET /api/console/desks": own.desks } },
  {
    name: "console-desks-empty",
    path: "/console/desks",
    answers: { ...admin, "GET /api/console/desks": { desks: [] } },
  },
  {
    name: "console-desks-name",
    path: "/console/desks",
    answers: { ...admin, "GET /api/console/desks": own.desks },
    press: ["main .ant-btn-primary", "form .ant-btn-primary"],
  },
  {
    name: "console-desks-claimed",
    path: `/console/desks?operation=${own.OPERATION}`,
    answers: {
      ...admin,
      "GET /api/console/desks": own.desks,
      [one]: own.making({ ...own.claimed, verb: "enrol", desk: null }),
    },
  },
  {
    name: "console-desks-done",
    path: `/console/desks?operation=${own.OPERATION}`,
    answers: { ...admin, "GET /api/console/desks": own.desks, [one]: own.enrolled },
  },
];
