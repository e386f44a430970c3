/** Every page of the site with answers to show it by: what `npm run pages` walks through. */
import type { DisplayState } from "../api/schema";
import * as fixture from "./fixtures";
import { pagesAccess } from "./pages-access";
import { pagesAgent } from "./pages-agent";
import { pagesFile } from "./pages-file";
import { pagesFinance } from "./pages-finance";
import { pagesInvoices } from "./pages-invoices";
import { pagesMaking } from "./pages-making";
import { pagesOrders } from "./pages-orders";
import { pagesOrdering } from "./pages-ordering";
import { pagesOrdersDesk } from "./pages-orders-desk";
import { pagesService } from "./pages-service";
import { pagesStaff } from "./pages-staff";

export interface PageFixture {
  /** Name of its picture. */
  name: string;
  path: string;
  /** Answers by method and path; a session that is absent answers 401. */
  answers: Record<string, unknown>;
  /** What is clicked, or filled in, before it is looked at: selectors, the same in both languages. */
  press?: readonly (string | readonly [selector: string, text: string])[];
}

const ORDER = fixture.order("draft").id;
const one = `/api/orders/${ORDER}`;
const loggedIn = { "GET /api/session": fixture.session, "GET /api/catalog/mall": fixture.catalog };
const shown = (display: DisplayState) => ({
  ...loggedIn,
  [`GET ${one}`]: fixture.order(display),
  [`GET ${one}/history`]: { events: fixture.history },
  [`GET ${one}/payments`]: fixture.payment("scan"),
});
const at = `${ORDER}/1`;

export const pages: PageFixture[] = [
  { name: "home", path: "/", answers: { "GET /api/catalog/mall": fixture.catalog } },
  {
    name: "home-logged-in",
    path: "/",
    answers: { ...loggedIn, "GET /api/orders": fixture.orders("changes_requested", "awaiting_payment") },
  },
  ...pagesAccess,
  ...pagesFile,
  ...pagesStaff,
  ...pagesFinance,
  ...pagesInvoices,
  ...pagesOrdersDesk,
  ...pagesOrders,
  ...pagesOrdering,
  ...pagesAgent,
  ...pagesMaking,
  ...pagesService,
  {
    name: "orders",
    path: "/orders",
    answers: {
      ...loggedIn,
      "GET /api/orders": fixture.orders(
        "awaiting_payment",
        "changes_requested",
        "under_review",
        "in_production",
        "shipped",
        "completed",
        "refunding",
        "refunded",
        "cancelled",
        "draft",
        "awaiting_materials",
      ),
    },
  },
  { name: "orders-empty", path: "/orders", answers: { ...loggedIn, "GET /api/orders": fixture.orders() } },
  ...(
    [
      "draft",
      "awaiting_payment",
      "awaiting_materials",
      "changes_requested",
      "under_review",
      "shipped",
      "completed",
      "refunding",
      "refunded",
    ] as const
  ).map((display) => ({ name: `order-${display}`, path: `/orders/${ORDER}`, answers: shown(display) })),
  {
    name: "order-refund-history",
    path: `/orders/${ORDER}`,
    answers: { ...shown("refunded"), [`GET ${one}/history`]: { events: fixture.refundHistory } },
  },
  {
    // Money came twice: the order goes on, one sum goes back and takes longer.
    name: "order-refund-beside",
    path: `/orders/${ORDER}`,
    answers: {
      ...shown("under_review"),
      [`GET ${one}`]: {
        ...fixture.order("under_review"),
        refunds: [
          fixture.refund("delayed", { reason: "paid_twice", method: "wechatpay" }),
          fixture.refund("done", { number: `${ORDER}_R2`, reason: "wrong_sum", amount: "0.01" }),
        ],
      },
    },
  },
  ...(
    [
      ["choose", fixture.payment("choose", { attempt: null })],
      ["confirm", fixture.payment("choose", { attempt: null, methods: ["alipay"], confirm: true })],
      ["preparing", fixture.payment("preparing", { attempt: fixture.attempt({ state: "creating", qr: null }) })],
      ["scan", fixture.payment("scan")],
      ["scan-wechat", fixture.payment("scan", { attempt: fixture.wechatAttempt, older_code: true })],
      ["scan-one", fixture.payment("scan", { methods: ["alipay"] })],
      ["paying", fixture.payment("paying")],
      ["confirming", fixture.payment("confirming")],
      ["silent", fixture.payment("scan", { silent: true })],
      ["expired", fixture.payment("choose", { attempt: fixture.attempt({ state: "closed", qr: null }) })],
      [
        "wrong-sum",
        fixture.payment("choose", {
          attempt: fixture.attempt({ state: "paid", qr: null, disposition: "refund_wrong_sum" }),
        }),
      ],
      ["ended", fixture.payment("ended", { older_code: true })],
    ] as const
  ).map(([name, view]) => ({
    name: `pay-${name}`,
    path: `/orders/${ORDER}/pay`,
    answers: {
      ...shown(name === "ended" ? "cancelled" : "awaiting_payment"),
      [`GET ${one}/payments`]: view,
      [`POST ${one}/payments`]: view,
    },
  })),
  { name: "materials", path: `/orders/${ORDER}/lines/1/materials`, answers: shown("awaiting_materials") },
  { name: "materials-again", path: `/orders/${ORDER}/lines/1/materials`, answers: shown("changes_requested") },
  {
    name: "template-letter",
    path: `/orders/${ORDER}/lines/1/templates/authorisation_letter`,
    answers: shown("awaiting_materials"),
  },
  {
    name: "template-seal",
    path: `/orders/${ORDER}/lines/1/templates/seal_sheet`,
    answers: shown("awaiting_materials"),
  },
  { name: "order-broken", path: `/orders/${ORDER}`, answers: loggedIn },
  { name: "not-found", path: "/nowhere", answers: {} },
  { name: "console-login", path: "/console/login", answers: {} },
  {
    name: "console-no-desk",
    path: "/console",
    answers: { "GET /api/console/session": fixture.staff() },
  },
  {
    name: "console-review-queue",
    path: "/console/review",
    answers: {
      "GET /api/console/session": fixture.staff("reviewer"),
      "GET /api/console/reviews": fixture.queue("AwaitReview"),
    },
  },
  ...[false, true].map((mine) => ({
    name: mine ? "console-review-mine" : "console-review",
    path: `/console/review/${at}`,
    answers: {
      "GET /api/console/session": fixture.staff("reviewer"),
      [`GET /api/console/reviews/${at}`]: fixture.review(mine),
    },
  })),
  {
    name: "console-review-locked-key",
    path: `/console/review/${at}`,
    answers: {
      "GET /api/console/session": fixture.staff("reviewer"),
      [`GET /api/console/reviews/${at}`]: fixture.ofLockedKey,
    },
  },
  {
    name: "console-production-queue",
    path: "/console/production",
    answers: {
      "GET /api/console/session": fixture.staff("maker", "shipper"),
      "GET /api/console/production": fixture.queue("AwaitProduction"),
    },
  },
  {
    name: "console-shipping-queue",
    path: "/console/shipping",
    answers: {
      "GET /api/console/session": fixture.staff("shipper"),
      "GET /api/console/shipping": fixture.queue("AwaitCollection", { waybill: "SF1234567890123" }),
    },
  },
  ...(["AwaitCollection", "AwaitDelivery"] as const).map((stage) => ({
    name: `console-shipping-${stage}`,
    path: `/console/shipping/${at}`,
    answers: {
      "GET /api/console/session": fixture.staff("shipper"),
      [`GET /api/console/shipping/${at}`]: fixture.shipping(stage),
    },
  })),
];
