/** Orders of every kind, at both storefronts. */
import type { CatalogView, Credit, DisplayState, HistoryEntry, LineView, OrderView, ProductKind } from "../api/schema";
import { catalog, order, refund } from "./fixtures";

export const BRANCH = {
  id: "br_01hzzzzzzzzzzzzzzzzzzzzzzz",
  name: "南京玄武网点",
  address: "南京市玄武区珠江路 1 号",
  phone: "025-88880000",
};

/** How 订单服务 sells; what it sells is no matter here. */
export const counterCatalog: CatalogView = {
  ...catalog,
  storefront: "counter",
  name: { zh: "订单服务", en: "Order service" },
  products: [],
  payment_methods: ["alipay"],
  invoice_kinds: ["electronic_ordinary"],
  delivery_kinds: ["courier_collect", "branch_pickup"],
  urgency_levels: ["none"],
  max_lines: 1,
  alone: [],
  materials: "before_submit",
  on_rejection: "refund_to_draft",
  cancel_paid: "never",
  states: [
    "draft",
    "submitted",
    "awaiting_agent",
    "under_review",
    "in_production",
    "handling",
    "shipped",
    "awaiting_receipt",
    "completed",
    "refunding",
    "refunded",
    "cancelled",
  ],
  branches: [BRANCH],
};

const PAPERS: LineView["papers"] = order("under_review").lines[0]?.papers ?? [];
const BASIC = order("under_review").lines[0]?.basic ?? null;
const REFUSALS: LineView["refusals"] = order("changes_requested").lines[0]?.refusals ?? [];

/** The one line of a fixture. */
function firstLine(of: OrderView): LineView {
  const [line] = of.lines;
  if (!line) {
    throw new Error("an order without lines");
  }
  return line;
}

const key: NonNullable<LineView["key"]> = {
  serial: "BJ20251100007",
  certificate_serial: "3c8f6b1d9e2a4750b1c2d3e4f5a60718",
  medium: "bjca",
  not_after: "2026-12-20T15:59:59Z",
  reason: null,
};

const PLANS: Record<ProductKind, LineView["plan"]> = {
  new_key: { materials: "after_payment", on_rejection: "upload_again", make: "desk", handover: "courier" },
  renewal: { materials: null, on_rejection: "upload_again", make: "agent", handover: "none" },
  unlock: { materials: null, on_rejection: "upload_again", make: "agent", handover: "none" },
  replacement: { materials: "after_payment", on_rejection: "upload_again", make: "desk", handover: "courier" },
  upgrade: { materials: "after_payment", on_rejection: "upload_again", make: "desk", handover: "courier" },
};

const PRODUCTS: Record<ProductKind, Pick<LineView["product"], "sku" | "name" | "term_years">> = {
  new_key: { sku: "key-seal-1y", name: { zh: "带签章电子密钥", en: "Key with e-seal" }, term_years: 1 },
  renewal: { sku: "renewal-1y", name: { zh: "密钥续期", en: "Key renewal" }, term_years: 1 },
  unlock: { sku: "unlock", name: { zh: "密钥解锁", en: "Key unlocking" }, term_years: 0 },
  replacement: { sku: "replacement", name: { zh: "密钥补办", en: "Key replacement" }, term_years: 0 },
  upgrade: { sku: "upgrade-1y", name: { zh: "介质升级", en: "Medium upgrade" }, term_years: 1 },
};

/** A line of a kind in a paid order of the mall. */
export function lineOf(kind: ProductKind, no: number, display: DisplayState, more: Partial<LineView> = {}): LineView {
  const price = { unit_price: "280.00", unit_surcharge: "0.00", quantity: 1, amount: "280.00" };
  return {
    ...firstLine(order(display)),
    no,
    product: { ...PRODUCTS[kind], kind, medium: "bjca", seal: kind !== "unlock" },
    plan: PLANS[kind],
    price,
    key: kind === "new_key" ? null : { ...key, ...(kind === "replacement" && { reason: "lost" as const }) },
    seals: kind === "new_key" || kind === "upgrade" || kind === "replacement" ? 1 : 0,
    display,
    ...(PLANS[kind].materials === null && { required_papers: [], papers: [], basic: null, papers_complete: true }),
    ...more,
  };
}

/** An order of the mall with a line of each of these kinds. */
export function orderOf(display: DisplayState, ...lines: LineView[]): OrderView {
  return {
    ...order(display),
    urgency: "none",
    display,
    lines,
    total: "560.00",
    paid_at: "2026-11-21T01:35:52Z",
  };
}

/** A renewal and a new key in one order: two ways to go. */
export const mixedOrder: OrderView = orderOf(
  "awaiting_materials",
  lineOf("renewal", 1, "awaiting_agent", { units: [], parcel: null }),
  lineOf("new_key", 2, "awaiting_materials"),
);

export const unlockOrder: OrderView = {
  ...orderOf("awaiting_agent", lineOf("unlock", 1, "awaiting_agent", { units: [], parcel: null })),
  total: "280.00",
  can_cancel: true,
};

export const credit: Credit = {
  certificate_serial: "3c8f6b1d9e2a4750b1c2d3e4f5a60718",
  not_after: "2028-07-31T15:59:59Z",
  months_left: 20,
  days_left: 9,
  months_carried: 12,
  days_in_month: 31,
  yearly: "240.00",
  worth: "165.81",
  amount: "165.81",
  lost: "0.00",
};

/** An upgrade, and the year that the system carries over. */
export const upgradeOrder: OrderView = {
  ...orderOf(
    "in_production",
    lineOf("upgrade", 1, "in_production", {
      key: { ...key, serial: "CPP2024080311", medium: "cpp", not_after: credit.not_after },
      price: { unit_price: "360.00", unit_surcharge: "0.00", quantity: 1, credit, amount: "194.19" },
    }),
    lineOf("renewal", 2, "in_production", {
      plan: { ...PLANS.renewal, make: "desk" },
      carried_from: 1,
      key: null,
      price: { unit_price: "0.00", unit_surcharge: "0.00", quantity: 1, amount: "0.00" },
      units: [],
      parcel: null,
    }),
  ),
  total: "194.19",
};

/** An order of 订单服务: two certificates, one of them with a seal (R59). */
export function counterOrder(display: DisplayState, more: Partial<OrderView> = {}): OrderView {
  const base = order(display);
  const line = firstLine(base);
  const paid = !["draft", "submitted", "cancelled"].includes(display);
  return {
    ...base,
    storefront: "counter",
    urgency: "none",
    total: "620.00",
    invoice: { kind: "electronic_ordinary", buyer: null, ask_special: false },
    delivery: { kind: "branch_pickup", address: null, branch: BRANCH.id },
    paid_at: paid ? "2026-11-21T01:35:52Z" : null,
    pay_by: display === "submitted" ? "2026-11-22T01:35:21Z" : null,
    can_withdraw: display === "submitted",
    can_cancel: display === "draft" || display === "submitted",
    lines: [
      {
        ...line,
        state: display === "handling" ? "in_production" : line.state,
        product: { ...line.product, sku: "certificate-1y", name: { zh: "企业证书新办", en: "New certificate" } },
        plan: { materials: "before_submit", on_rejection: "refund_to_draft", make: "desk", handover: "branch" },
        price: {
          unit_price: "280.00",
          unit_surcharge: "0.00",
          quantity: 2,
          seal_price: "60.00",
          seals: 1,
          amount: "620.00",
        },
        seals: 1,
        papers: PAPERS,
        basic: BASIC,
        papers_complete: true,
      },
    ],
    ...more,
  };
}

/** With the papers of its line changed. */
function withPapers(of: OrderView, more: Partial<LineView>): OrderView {
  return { ...of, lines: of.lines.map((line) => ({ ...line, ...more })) };
}

/** A draft that lacks a paper. */
export const lackingDraft: OrderView = withPapers(counterOrder("draft"), {
  papers: PAPERS.slice(0, 2),
  papers_complete: false,
});

/** A draft that came back after a rejection, its money on its way (R72). */
export const returnedDraft: OrderView = withPapers(
  counterOrder("draft", { refunds: [refund("under_way", { amount: "620.00", reason: "rejected" })] }),
  { refusals: REFUSALS, papers_complete: false },
);

/** The same with the refused paper replaced. */
export const mendedDraft: OrderView = withPapers(returnedDraft, { refusals: [], papers_complete: true });

/** Ready to be fetched. */
export const readyOrder: OrderView = withPapers(counterOrder("handling"), { state: "ready_for_pickup" });

const entry = (seq: number, by: string, event: string, more: Partial<HistoryEntry> = {}): HistoryEntry => ({
  seq,
  at: `2026-11-21T02:${String(seq).padStart(2, "0")}:00Z`,
  by,
  event,
  from: "",
  to: "",
  line: null,
  unit: null,
  refusals: [],
  note: "",
  ...more,
});

/** An order of 订单服务 that went back and forth. */
export const counterHistory: HistoryEntry[] = [
  entry(1, "company", "created", { from: "draft", to: "draft" }),
  entry(2, "company", "materials_prepared", { line: 1, from: "awaiting_materials", to: "awaiting_materials" }),
  entry(3, "company", "submitted", { from: "draft", to: "awaiting_payment" }),
  entry(4, "company", "withdrawn", { from: "awaiting_payment", to: "draft" }),
  entry(5, "company", "submitted", { from: "draft", to: "awaiting_payment" }),
  entry(6, "gateway", "payment_received", { from: "awaiting_payment", to: "paid", note: "620.00" }),
  entry(7, "staff", "rejected", {
    line: 1,
    from: "under_review",
    to: "awaiting_materials",
    refusals: REFUSALS,
  }),
  entry(8, "gateway", "refund_done", { note: "620.00" }),
  entry(9, "company", "submitted", { from: "draft", to: "awaiting_payment" }),
  entry(10, "gateway", "payment_received", { from: "awaiting_payment", to: "paid", note: "620.00" }),
  entry(11, "staff", "approved", { line: 1, from: "under_review", to: "in_production" }),
  entry(12, "staff", "returned_to_review", {
    line: 1,
    from: "in_production",
    to: "under_review",
    note: "企业名称与营业执照不一致",
  }),
  entry(13, "staff", "approved", { line: 1, from: "under_review", to: "in_production" }),
  entry(14, "staff", "unit_begun", { line: 1, unit: 1, note: "BJ20261100001" }),
  entry(15, "staff", "unit_scrapped", { line: 1, unit: 1, note: "self_test" }),
  entry(16, "staff", "unit_begun", { line: 1, unit: 1, note: "BJ20261100002" }),
  entry(17, "staff", "unit_made", { line: 1, unit: 1, note: "BJ20261100002" }),
  entry(18, "staff", "picked_up", { line: 1, from: "ready_for_pickup", to: "completed" }),
];

/** A line that ended by agreement of two of the staff. */
export const exitHistory: HistoryEntry[] = [
  entry(1, "staff", "exit_agreed", {
    line: 1,
    from: "awaiting_agent",
    to: "cancelled",
    note: "密钥已损坏，无法续期",
  }),
  entry(2, "company", "service_begun", { line: 2, unit: 1, note: "BJ20251100007" }),
  entry(3, "company", "agent_finished", { line: 2, from: "awaiting_agent", to: "completed" }),
];
