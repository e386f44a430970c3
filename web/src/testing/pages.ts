/** Every page of the site with answers to show it by: what `npm run pages` walks through. */
import type { DisplayState } from "../api/schema";
import * as fixture from "./fixtures";
import { pagesAccess } from "./pages-access";
import { pagesFile } from "./pages-file";
import { pagesStaff } from "./pages-staff";

export interface PageFixture {
  /** Name of its picture. */
  name: string;
  path: string;
  /** Answers by method and path; a session that is absent answers 401. */
  answers: Record<string, unknown>;
}

const ORDER = fixture.order("draft").id;
const one = `/api/orders/${ORDER}`;
const loggedIn = { "GET /api/session": fixture.session, "GET /api/catalog/mall": fixture.catalog };
const shown = (display: DisplayState) => ({
  ...loggedIn,
  [`GET ${one}`]: fixture.order(display),
  [`GET ${one}/history`]: { events: fixture.history },
  [`GET ${one}/payments`]: fixture.payment,
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
  {
    name: "order-new",
    path: "/order/new?sku=key-seal-1y",
    answers: { ...loggedIn, "POST /api/quotes": fixture.quote },
  },
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
    ] as const
  ).map((display) => ({ name: `order-${display}`, path: `/orders/${ORDER}`, answers: shown(display) })),
  { name: "pay", path: `/orders/${ORDER}/pay`, answers: shown("awaiting_payment") },
  {
    name: "pay-expired",
    path: `/orders/${ORDER}/pay`,
    answers: {
      ...shown("awaiting_payment"),
      [`GET ${one}/payments`]: { ...fixture.payment, now: "2026-11-21T03:00:00Z" },
    },
  },
  { name: "pay-ended", path: `/orders/${ORDER}/pay`, answers: shown("cancelled") },
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
    answers: { "GET /api/console/session": fixture.staff("finance") },
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
    name: "console-production-queue",
    path: "/console/production",
    answers: {
      "GET /api/console/session": fixture.staff("maker", "shipper"),
      "GET /api/console/production": fixture.queue("AwaitProduction"),
    },
  },
  {
    name: "console-production",
    path: `/console/production/${at}`,
    answers: {
      "GET /api/console/session": fixture.staff("maker"),
      [`GET /api/console/production/${at}`]: fixture.production,
      [`GET /api/console/production/${at}/units/2/certificate`]: fixture.certificate,
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
