/** Orders of every kind, their list and their papers, with answers to show them by. */
import type { HistoryEntry, OrderView } from "../api/schema";
import { catalog, history, order, orders, payment, refund, row, session } from "./fixtures";
import * as fixture from "./fixtures-orders";
import type { PageFixture } from "./pages";

const ORDER = order("draft").id;
const one = `/api/orders/${ORDER}`;
const loggedIn = {
  "GET /api/session": session,
  "GET /api/catalog/mall": catalog,
  "GET /api/catalog/counter": fixture.counterCatalog,
};

function page(name: string, view: OrderView, events: HistoryEntry[] = history.slice(0, 3)): PageFixture {
  return {
    name: `order-${name}`,
    path: `/orders/${ORDER}`,
    answers: { ...loggedIn, [`GET ${one}`]: view, [`GET ${one}/history`]: { events } },
  };
}

function materials(name: string, view: OrderView): PageFixture {
  return {
    name: `materials-${name}`,
    path: `/orders/${ORDER}/lines/1/materials`,
    answers: { ...loggedIn, [`GET ${one}`]: view },
  };
}

const confirm = payment("choose", { attempt: null, methods: ["alipay"], confirm: true, amount: "620.00" });

export const pagesOrders: PageFixture[] = [
  page("counter-draft", fixture.counterOrder("draft"), fixture.counterHistory.slice(0, 2)),
  page("counter-lacking", fixture.lackingDraft, fixture.counterHistory.slice(0, 1)),
  page("counter-submitted", fixture.counterOrder("submitted"), fixture.counterHistory.slice(0, 5)),
  page("counter-returned", fixture.returnedDraft, fixture.counterHistory.slice(0, 7)),
  page("counter-mended", fixture.mendedDraft, fixture.counterHistory.slice(0, 8)),
  page("counter-review", fixture.counterOrder("under_review")),
  page("counter-handling", fixture.counterOrder("handling"), fixture.counterHistory.slice(0, 14)),
  page("counter-ready", fixture.readyOrder, fixture.counterHistory),
  page("mixed", fixture.mixedOrder),
  page("unlock", fixture.unlockOrder),
  page("upgrade", fixture.upgradeOrder),
  page("replacement", fixture.orderOf("under_review", fixture.lineOf("replacement", 1, "under_review"))),
  page(
    "line-ended",
    {
      ...fixture.mixedOrder,
      lines: fixture.mixedOrder.lines.map((line) =>
        line.no === 1 ? { ...line, display: "cancelled", state: "cancelled" } : line,
      ),
      refunds: [refund("done", { amount: "280.00", reason: "line_ended" })],
    },
    fixture.exitHistory,
  ),
  materials("draft", fixture.lackingDraft),
  materials("draft-refused", fixture.returnedDraft),
  materials("submitted", fixture.counterOrder("submitted")),
  {
    name: "pay-counter",
    path: `/orders/${ORDER}/pay`,
    answers: {
      ...loggedIn,
      [`GET ${one}`]: fixture.counterOrder("submitted"),
      [`GET ${one}/payments`]: confirm,
      [`POST ${one}/payments`]: confirm,
    },
  },
  {
    name: "orders-both",
    path: "/orders",
    answers: {
      ...loggedIn,
      "GET /api/orders": {
        orders: [
          { ...row("submitted", 1), storefront: "counter", pay_by: "2026-11-22T01:35:21Z" },
          { ...row("draft", 2), storefront: "counter" },
          { ...row("handling", 3), storefront: "counter" },
          {
            ...row("awaiting_agent", 4),
            items: fixture.mixedOrder.lines.map(({ no, product, display }) => ({
              line: no,
              product,
              quantity: 1,
              display,
            })),
          },
        ],
        cursor: null,
      },
    },
  },
  {
    name: "orders-filtered",
    path: "/orders?state=submitted&kind=renewal&from=2026-11-01&to=2026-11-21",
    answers: { ...loggedIn, "GET /api/orders": orders() },
  },
  {
    name: "orders-backwards",
    path: "/orders?from=2026-11-21&to=2026-11-01",
    answers: { ...loggedIn, "GET /api/orders": orders() },
  },
];
