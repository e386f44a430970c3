/** The pages of the catalogue, the policies, orders before the staff, and keys that are fetched. */
import * as fixture from "./fixtures";
import * as own from "./fixtures-orders-desk";
import { branches } from "./fixtures-staff";
import type { PageFixture } from "./pages";

const session = (...roles: Parameters<typeof fixture.staff>) => ({
  "GET /api/console/session": fixture.staff(...roles),
});
const admin = { ...session("admin"), "GET /api/console/policies": own.policies };
const support = { ...session("support"), "GET /api/console/branches": branches };
const found = `GET /api/console/orders/${own.ORDER}`;
const order = `/console/orders/${own.ORDER}`;
const at = `${own.ORDER}/1`;

export const pagesOrdersDesk: PageFixture[] = [
  {
    name: "console-catalog",
    path: "/console/catalog?storefront=mall",
    answers: { ...admin, "GET /api/console/catalog/mall": own.catalog },
  },
  {
    name: "console-catalog-empty",
    path: "/console/catalog",
    answers: { ...admin, "GET /api/console/catalog/counter": { ...own.catalog, storefront: "counter", products: [] } },
  },
  { name: "console-catalog-broken", path: "/console/catalog", answers: admin },
  { name: "console-catalog-forbidden", path: "/console/catalog", answers: session("finance") },
  {
    name: "console-policies",
    path: "/console/policies",
    answers: { ...session("branch"), "GET /api/console/policies": own.policies },
  },
  { name: "console-policies-broken", path: "/console/policies", answers: session("reviewer") },
  { name: "console-orders", path: "/console/orders", answers: support },
  {
    name: "console-orders-found",
    path: `/console/orders?company=${encodeURIComponent(fixture.session.company_name)}`,
    answers: {
      ...session("reviewer", "maker", "shipper"),
      "GET /api/console/orders": own.found("in_production", "handling", "awaiting_agent", "refunding"),
    },
  },
  {
    name: "console-orders-none",
    path: "/console/orders?serial=BJ0",
    answers: { ...support, "GET /api/console/orders": { orders: [], cursor: null } },
  },
  { name: "console-order", path: order, answers: { ...support, [found]: own.consoleOrder() } },
  {
    name: "console-order-waiting",
    path: order,
    answers: { ...support, [found]: own.consoleOrder({ exits: [own.exit(), { ...own.refundExit, mine: true }] }) },
  },
  {
    name: "console-order-branch",
    path: order,
    answers: { ...session("finance"), "GET /api/console/branches": branches, [found]: own.branchOrder },
  },
  { name: "console-order-unknown", path: order, answers: support },
  {
    name: "console-pickups",
    path: "/console/pickups",
    answers: { ...session("branch"), "GET /api/console/pickups": fixture.queue("AwaitPickup", { quantity: 3 }) },
  },
  {
    name: "console-pickups-empty",
    path: "/console/pickups",
    answers: { ...session("branch"), "GET /api/console/pickups": { lines: [], cursor: null } },
  },
  ...(["AwaitPickup", "LineCompleted", "LineCancelled"] as const).map((stage) => ({
    name: `console-pickup-${stage}`,
    path: `/console/pickups/${at}`,
    answers: { ...session("branch"), [`GET /api/console/pickups/${at}`]: own.pickup(stage) },
  })),
];
