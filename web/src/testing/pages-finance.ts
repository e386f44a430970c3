/** The pages of the finance desk. */
import { staff } from "./fixtures";
import * as own from "./fixtures-finance";
import type { PageFixture } from "./pages";

const finance = { "GET /api/console/session": staff("finance") };
const books = (view: object) => ({ ...finance, [`GET /api/console/ledger/orders/${own.ORDER}`]: view });
const bill = (view: object) => ({ ...finance, "GET /api/console/statements/2026-11-20/alipay": view });

export const pagesFinance: PageFixture[] = [
  {
    name: "console-refunds",
    path: "/console/refunds",
    answers: { ...finance, "GET /api/console/refunds": own.needsYou },
  },
  {
    name: "console-refunds-under-way",
    path: "/console/refunds?queue=under_way",
    answers: { ...finance, "GET /api/console/refunds": own.underWay },
  },
  ...["", "?queue=under_way"].map((queue) => ({
    name: queue === "" ? "console-refunds-empty" : "console-refunds-under-way-empty",
    path: `/console/refunds${queue}`,
    answers: { ...finance, "GET /api/console/refunds": { refunds: [], cursor: null } },
  })),
  { name: "console-refunds-broken", path: "/console/refunds", answers: finance },
  {
    name: "console-refunds-forbidden",
    path: "/console/refunds",
    answers: { "GET /api/console/session": staff("reviewer") },
  },
  {
    name: "console-ledger",
    path: "/console/ledger?day=2026-11-21",
    answers: { ...finance, "GET /api/console/ledger/days/2026-11-21": own.dayBooks },
  },
  {
    name: "console-ledger-empty",
    path: "/console/ledger",
    answers: { ...finance, "GET /api/console/ledger/days/2026-11-21": own.emptyDay },
  },
  {
    name: "console-order-books",
    path: `/console/ledger/orders/${own.ORDER}`,
    answers: books(own.orderBooks()),
  },
  {
    name: "console-order-books-empty",
    path: `/console/ledger/orders/${own.ORDER}`,
    answers: books(own.emptyBooks),
  },
  {
    name: "console-order-books-overdrawn",
    path: `/console/ledger/orders/${own.ORDER}`,
    answers: books(own.overdrawnBooks),
  },
  { name: "console-order-books-unknown", path: `/console/ledger/orders/${own.ORDER}`, answers: finance },
  {
    name: "console-statements",
    path: "/console/statements",
    answers: { ...finance, "GET /api/console/statements": own.statements },
  },
  {
    name: "console-statements-empty",
    path: "/console/statements?month=2026-10",
    answers: { ...finance, "GET /api/console/statements": { month: "2026-10", statements: [] } },
  },
  { name: "console-statement", path: "/console/statements/2026-11-20/alipay", answers: bill(own.different) },
  { name: "console-statement-balanced", path: "/console/statements/2026-11-20/alipay", answers: bill(own.balanced) },
  { name: "console-statement-waiting", path: "/console/statements/2026-11-20/alipay", answers: bill(own.unread) },
];
