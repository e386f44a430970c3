/** Answers of the API about orders before the staff, the catalogue, the policies and keys that are fetched. */
import type {
  BoughtProduct,
  ConsoleCatalog,
  ConsoleOrder,
  ConsoleProduct,
  ExitView,
  LineView,
  LineWays,
  OrderSearchView,
  PoliciesView,
  Product,
  ShippingView,
  StaffHistoryEntry,
  StorefrontPolicy,
} from "../api/schema";
import * as fixture from "./fixtures";
import { BRANCH } from "./fixtures-staff";

export const ORDER = fixture.order("draft").id;
const ME = fixture.staff("support").staff;
const COLLEAGUE = "st_01hzzzzzzzzzzzzzzzzzzzzzz7";

export function product(more: Partial<Product> = {}): Product {
  const [known] = fixture.catalog.products;
  if (!known) {
    throw new Error("a catalogue without products");
  }
  return { ...known, seal_price: null, effective_from: "1970-01-01T00:00:00Z", withdrawn: false, ...more };
}

function bought({ sku, kind, name, medium, seal, term_years }: Product): BoughtProduct {
  return { sku, kind, name, medium, seal, term_years };
}

const first = product();
const dearer = product({ price: "380.00", effective_from: "2026-06-30T16:00:00Z" });
const dearest = product({
  price: "400.00",
  surcharges: { half_day: "220.00", same_day: "120.00" },
  effective_from: "2026-12-31T16:00:00Z",
});

/** On sale, with a change behind it and one that is planned. */
export const sold: ConsoleProduct = { sku: first.sku, current: dearer, changes: [dearest, dearer, first] };

const plain = product({
  sku: "key-1y",
  name: { zh: "电子密钥（1年）", en: "Key, 1 year" },
  description: {
    zh: "一把 USB 电子密钥，内含单位数字证书，可按需选择电子印章。",
    en: "A USB key with the company's certificate, with an e-seal where wanted.",
  },
  price: "280.00",
  seal_price: "80.00",
  surcharges: {},
  position: 2,
});
const gone = { ...plain, sku: "key-old", name: { zh: "旧款密钥", en: "Old key" }, medium: "cpp" } as const;
const goneNow: Product = { ...gone, effective_from: "2026-09-30T16:00:00Z", withdrawn: true };

export const replacement = product({
  sku: "replacement",
  kind: "replacement",
  name: { zh: "密钥补办", en: "Replacement" },
  description: {
    zh: "补办丢失、损坏或被盗的密钥，有效期与原证书相同。",
    en: "For a key that is lost, damaged or stolen; ends as the old one would have.",
  },
  term_years: 0,
  price: "200.00",
  surcharges: {},
  position: 20,
});
const unlock = product({
  sku: "unlock",
  kind: "unlock",
  name: { zh: "密钥解锁", en: "Unlocking" },
  description: { zh: "重置被锁定的密钥口令。", en: "A new PIN for a locked key." },
  seal: false,
  term_years: 0,
  price: "50.00",
  surcharges: {},
  position: 30,
  effective_from: "2026-12-31T16:00:00Z",
});

export const catalog: ConsoleCatalog = {
  storefront: "mall",
  name: { zh: "商城", en: "Mall" },
  kinds: ["new_key", "renewal", "unlock", "replacement", "upgrade"],
  urgency_levels: ["none", "half_day", "same_day"],
  products: [
    sold,
    { sku: plain.sku, current: plain, changes: [plain] },
    { sku: gone.sku, current: null, changes: [goneNow, gone] },
    { sku: unlock.sku, current: null, changes: [unlock] },
    { sku: replacement.sku, current: replacement, changes: [replacement] },
  ],
};

const mall: StorefrontPolicy = {
  id: "mall",
  name: { zh: "商城", en: "Mall" },
  kinds: ["new_key", "renewal", "unlock", "replacement", "upgrade"],
  alone: ["upgrade"],
  renewal_window: { days_before: 90, days_after: 365 },
  renewal_reminders: [90, 60, 30, 7, 1],
  payment_methods: ["alipay", "wechatpay"],
  confirm_payment: false,
  withdraw_unpaid: false,
  cancel_paid: "before_approval",
  materials: "after_payment",
  on_rejection: "upload_again",
  invoice_kinds: ["paper_ordinary", "paper_special"],
  invoice_by_default: true,
  delivery_kinds: ["courier_prepaid"],
  urgency_levels: ["none", "half_day", "same_day"],
  calendar: {
    opens: "09:00:00",
    noon: "12:00:00",
    cut_off: "14:00:00",
    closes: "17:30:00",
    holidays: ["2027-01-01"],
    worked: ["2027-01-03"],
  },
  payment_window_minutes: 1440,
  qr_minutes: 30,
  max_lines: 20,
  max_keys_per_line: 50,
  max_pages_per_paper: 5,
  receipt_days: null,
  pickup_channels: ["mail"],
  shown_as: {},
  notices: {
    order_submitted: ["mail"],
    order_paid: ["mail", "sms"],
    order_expired: ["mail"],
    order_cancelled: ["mail"],
    payment_to_refund: ["mail", "sms"],
    refund_ordered: ["mail", "sms"],
    refund_done: ["mail", "sms"],
    papers_refused: ["mail", "sms"],
    papers_approved: ["mail", "sms"],
    line_shipped: ["mail", "sms"],
    line_delivered: ["mail"],
  },
};

export const policies: PoliciesView = {
  policies: [
    {
      ...mall,
      id: "counter",
      name: { zh: "订单服务", en: "Order service" },
      kinds: ["new_key", "renewal", "unlock", "replacement"],
      alone: [],
      payment_methods: ["alipay"],
      confirm_payment: true,
      withdraw_unpaid: true,
      cancel_paid: "never",
      materials: "before_submit",
      on_rejection: "refund_to_draft",
      invoice_kinds: ["electronic_ordinary"],
      delivery_kinds: ["courier_collect", "branch_pickup"],
      urgency_levels: ["none"],
      max_lines: 1,
      receipt_days: 7,
      shown_as: { awaiting_payment: "submitted" },
      notices: {
        order_submitted: ["mail"],
        order_paid: ["mail", "sms"],
        order_returned: ["mail", "sms"],
        papers_approved: ["mail"],
        ready_for_pickup: ["mail"],
      },
    },
    mall,
  ],
};

export function found(...states: Parameters<typeof fixture.orders>): OrderSearchView {
  const { orders, cursor } = fixture.orders(...states);
  return { orders: orders.map((row) => ({ company_name: fixture.session.company_name, row })), cursor };
}

const [line] = fixture.order("in_production").lines;
if (!line) {
  throw new Error("an order without lines");
}
const making: LineView = line;
const shippedLine = fixture.order("shipped").lines[0] ?? making;

/** A line of an unlock whose key turned out to be dead. */
const unlocking: LineView = {
  ...making,
  no: 2,
  product: bought({ ...unlock, price: "280.00" }),
  price: { unit_price: "280.00", unit_surcharge: "0.00", quantity: 1, amount: "280.00" },
  plan: { materials: null, on_rejection: "upload_again", make: "agent", handover: "none" },
  key: {
    serial: "BJ20240900017",
    certificate_serial: "5a1f0c3e9b7d2846a1b2c3d4e5f60799",
    medium: "bjca",
    not_after: "2027-03-01T15:59:59Z",
    reason: null,
  },
  seals: 0,
  state: "awaiting_agent",
  display: "awaiting_agent",
  required_papers: [],
  papers: [],
  units: [],
};

const upgrade: LineView = {
  ...making,
  no: 3,
  product: bought(product({ sku: "upgrade", kind: "upgrade", name: { zh: "升级密钥", en: "Upgrade" } })),
  price: {
    unit_price: "360.00",
    unit_surcharge: "0.00",
    quantity: 1,
    seal_price: "80.00",
    seals: 1,
    credit: {
      certificate_serial: "5a1f0c3e9b7d2846a1b2c3d4e5f60788",
      not_after: "2028-07-21T15:59:59Z",
      months_left: 20,
      days_left: 0,
      months_carried: 12,
      days_in_month: 30,
      yearly: "180.00",
      worth: "120.00",
      amount: "120.00",
      lost: "0.00",
    },
    amount: "320.00",
  },
  key: {
    serial: "CPP2023080042",
    certificate_serial: "5a1f0c3e9b7d2846a1b2c3d4e5f60788",
    medium: "cpp",
    not_after: "2028-07-21T15:59:59Z",
    reason: null,
  },
  seals: 1,
  refusals: [{ kind: "seal_sheet", reason: "unreadable", note: "" }],
  units: [
    {
      no: 1,
      state: "scrapped",
      certificate_serial: "5a1f0c3e9b7d2846a1b2c3d4e5f60703",
      not_after: "2027-11-22T15:59:59Z",
      key_serial: "BJ20261100003",
      attempt: 1,
    },
  ],
};

const carried: LineView = {
  ...making,
  no: 4,
  product: bought(product({ sku: "carried", kind: "renewal", name: { zh: "续期一年", en: "One more year" } })),
  price: { unit_price: "0.00", unit_surcharge: "0.00", quantity: 1, amount: "0.00" },
  seals: 0,
  carried_from: 3,
  required_papers: [],
  papers: [],
  units: [],
};

const history: StaffHistoryEntry[] = fixture.history.map((entry) => ({
  entry,
  staff: entry.by === "staff" ? (entry.event === "rejected" ? ME : COLLEAGUE) : null,
  name: entry.by === "staff" ? (entry.event === "rejected" ? "赵本人" : "陈同事") : null,
}));

export const ways: LineWays[] = [
  { line: 1, return_to_review: true, refund: true, convert: [] },
  { line: 2, return_to_review: false, refund: true, convert: [replacement.sku, "replacement-plain"] },
  { line: 3, return_to_review: false, refund: true, convert: [] },
];

export function consoleOrder(more: Partial<ConsoleOrder> = {}): ConsoleOrder {
  const order = fixture.order("in_production");
  return {
    order: {
      ...order,
      lines: [{ ...making, units: [...making.units] }, unlocking, upgrade, carried],
      total: "1720.00",
      refunds: [fixture.refund("done", { number: `${ORDER}_R1`, reason: "paid_twice" })],
    },
    exits: [],
    ways,
    history,
    ...more,
  };
}

export function exit(more: Partial<ExitView> = {}): ExitView {
  return {
    line: 2,
    way: { way: "convert", product: bought(replacement), price: "200.00", plan: making.plan },
    refund: "80.00",
    reason: "密钥已损坏，无法解锁，企业同意改为补办。",
    by: COLLEAGUE,
    by_name: "陈同事",
    mine: false,
    at: "2026-11-21T01:30:00Z",
    ...more,
  };
}

export const refundExit = exit({ line: 1, way: { way: "refund" }, refund: "1120.00", reason: "企业已注销。" });

/** An order whose keys wait at a branch. */
export const branchOrder: ConsoleOrder = {
  order: {
    ...fixture.order("handling"),
    storefront: "counter",
    delivery: { kind: "branch_pickup", address: null, branch: BRANCH },
    invoice: null,
    lines: [
      {
        ...shippedLine,
        parcel: null,
        display: "handling",
        state: "ready_for_pickup",
        units: shippedLine.units.map((unit) => ({ ...unit, state: "made" as const })),
      },
    ],
  },
  exits: [],
  ways: [],
  history,
};

export function pickup(stage: ShippingView["row"]["stage"], quantity = 2): ShippingView {
  return {
    row: fixture.queueRow(stage, { quantity, urgency: "none" }),
    delivery: { kind: "branch_pickup", address: null, branch: BRANCH },
    address: null,
    contact: fixture.session.contact,
    events: [],
  };
}
