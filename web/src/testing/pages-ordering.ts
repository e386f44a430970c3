/** The storefronts, an order before it is submitted, and the company's keys, with answers to show them by. */
import type { OrderView } from "../api/schema";
import { order, orders, session } from "./fixtures";
import { file } from "./fixtures-file";
import * as fixture from "./fixtures-ordering";
import type { PageFixture } from "./pages";

const ORDER = order("draft").id;
const base = {
  "GET /api/session": session,
  "GET /api/company": file(),
  "GET /api/catalog/mall": fixture.mall,
  "GET /api/catalog/counter": fixture.counter,
  "GET /api/keys": fixture.keys,
};
const going = (name: string, step: string, draft: OrderView, quote: unknown): PageFixture => ({
  name,
  path: `/order/new?order=${ORDER}${step && `&step=${step}`}`,
  answers: { ...base, [`GET /api/orders/${ORDER}`]: draft, "POST /api/quotes": quote },
});
const three = fixture.draft(fixture.threeLines);
const upgrade = fixture.draft([fixture.upgradeLine]);
const upgradable = { "GET /api/keys": { keys: [fixture.inspected, fixture.soon] } };

export const pagesOrdering: PageFixture[] = [
  { name: "mall", path: "/", answers: { ...base, "GET /api/orders": orders("changes_requested") } },
  { name: "counter", path: "/counter", answers: { ...base, "GET /api/orders": orders() } },
  { name: "counter-stranger", path: "/counter", answers: { "GET /api/catalog/counter": fixture.counter } },
  going("list", "", three, fixture.threePrices),
  going("list-invoice", "invoice", three, fixture.threePrices),
  going("list-check", "check", three, fixture.threePrices),
  going("list-check-no-invoice", "check", { ...three, invoice: null }, fixture.threePrices),
  going(
    "list-alone",
    "",
    fixture.draft([...fixture.threeLines, { ...fixture.upgradeLine, no: 4 }]),
    fixture.threePrices,
  ),
  {
    name: "list-renewal",
    path: "/order/new?kind=renewal",
    answers: { ...base, "POST /api/quotes": fixture.threePrices },
  },
  {
    name: "order-new",
    path: "/order/new?sku=key-seal-1y",
    answers: {
      ...base,
      "GET /api/company": file("approved", { addresses: [] }),
      "POST /api/quotes": fixture.quoteOf("360.00", fixture.price()),
    },
  },
  {
    // The address book does not answer: an order can be filled in all the same.
    name: "order-new-bare",
    path: "/order/new?sku=key-seal-1y",
    answers: { "GET /api/session": session, "GET /api/catalog/mall": fixture.mall },
  },
  { name: "list-empty", path: "/order/new", answers: base },
  { name: "list-upgrade-unread", path: "/order/new?sku=upgrade-1y", answers: base },
  {
    name: "list-upgrade",
    path: `/order/new?sku=upgrade-1y&key=${fixture.old.serial}`,
    answers: { ...base, ...upgradable, "POST /api/quotes": fixture.quoteOf("200.00", fixture.upgradePrice) },
  },
  (({ answers, ...page }) => ({ ...page, answers: { ...answers, ...upgradable } }))(
    going("list-upgrade-loss", "", upgrade, fixture.quoteOf("0.00", fixture.lossPrice)),
  ),
  (({ answers, ...page }) => ({ ...page, answers: { ...answers, ...upgradable } }))(
    going("list-upgrade-check", "check", upgrade, fixture.quoteOf("0.00", fixture.lossPrice)),
  ),
  {
    name: "counter-form",
    path: "/counter/order/new?sku=counter-key-1y",
    answers: { ...base, "POST /api/quotes": fixture.quoteOf("260.00", fixture.price({ unit_price: "260.00" })) },
  },
  going(
    "counter-pickup",
    "",
    {
      ...fixture.counterDraft(false),
      delivery: { kind: "branch_pickup", address: null, branch: fixture.BRANCH },
    },
    fixture.counterPrices,
  ),
  going("counter-check", "check", fixture.counterDraft(false), fixture.counterPrices),
  going("counter-check-complete", "check", fixture.counterDraft(true), fixture.counterPrices),
  going("list-submitted", "", order("awaiting_payment"), {}),
  { name: "keys", path: "/keys", answers: base },
  {
    name: "keys-limited",
    path: "/keys",
    answers: { ...base, "GET /api/session": { ...session, level: "limited" } },
  },
  { name: "keys-elsewhere", path: "/keys", answers: { ...base, "GET /api/keys": { keys: [fixture.joined] } } },
  { name: "keys-empty", path: "/keys", answers: { ...base, "GET /api/keys": { keys: [] } } },
  { name: "keys-broken", path: "/keys", answers: { "GET /api/session": session } },
];
