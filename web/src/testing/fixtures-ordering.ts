/** Answers about orders before they are submitted, and about the company's keys. Never part of the site. */
import type {
  CatalogView,
  Credit,
  KeyService,
  KeyView,
  LinePrice,
  LineView,
  NoService,
  OrderView,
  Product,
  ProductKind,
  QuoteView,
} from "../api/schema";
import { catalog, order } from "./fixtures";

const text = (zh: string, en: string) => ({ zh, en });

function product(sku: string, kind: ProductKind, more: Partial<Product>): Product {
  return {
    sku,
    storefront: "mall",
    kind,
    name: text(sku, sku),
    description: text(sku, sku),
    medium: "bjca",
    seal: false,
    seal_price: null,
    term_years: 0,
    price: "80.00",
    surcharges: {},
    position: 10,
    ...more,
  };
}

const urgent = { half_day: "200.00", same_day: "100.00" };

export const renewal = product("renewal-1y", "renewal", {
  name: text("密钥续期（1 年）", "Renewal, 1 year"),
  description: text("证书延长 1 年，插入密钥自行办理。", "One more year, written with your key plugged in."),
  term_years: 1,
  price: "240.00",
});
export const unlock = product("unlock", "unlock", {
  name: text("密钥解锁", "Unlock"),
  description: text("密码被锁后重新设置密码。", "A new password for a locked key."),
});
export const replacement = product("replacement", "replacement", {
  name: text("密钥补办", "Replacement"),
  description: text("补办一个密钥，到期时间与原证书相同。", "Another key that ends when the old one would have."),
  price: "120.00",
  surcharges: urgent,
});
export const upgrade = product("upgrade-1y", "upgrade", {
  name: text("密钥升级", "Upgrade"),
  description: text("蓝色 CPP 介质升级为 BJCA 介质。", "From the blue CPP medium to the BJCA medium."),
  term_years: 1,
  price: "360.00",
  surcharges: urgent,
});

/** A mall that sells every kind. */
export const mall: CatalogView = {
  ...catalog,
  products: [
    ...catalog.products,
    renewal,
    {
      ...renewal,
      sku: "renewal-2y",
      name: text("密钥续期（2 年）", "Renewal, 2 years"),
      term_years: 2,
      price: "460.00",
    },
    unlock,
    replacement,
    upgrade,
  ],
};

const sealed = product("counter-key-1y", "new_key", {
  storefront: "counter",
  name: text("数字证书（1 年）", "Certificate, 1 year"),
  description: text("USB 密钥，可选电子签章。", "A USB key, with or without e-seal."),
  seal: true,
  seal_price: "100.00",
  term_years: 1,
  price: "260.00",
});

export const BRANCH = "br_01hzzzzzzzzzzzzzzzzzzzzzz1";

export const counter: CatalogView = {
  ...catalog,
  storefront: "counter",
  name: text("订单服务", "Order service"),
  products: [
    sealed,
    { ...renewal, sku: "counter-renewal-1y", storefront: "counter" },
    { ...replacement, sku: "counter-replacement", storefront: "counter", surcharges: {} },
  ],
  payment_methods: ["alipay"],
  invoice_kinds: ["electronic_ordinary"],
  delivery_kinds: ["courier_collect", "branch_pickup"],
  urgency_levels: ["none"],
  max_lines: 1,
  alone: [],
  materials: "before_submit",
  on_rejection: "refund_to_draft",
  cancel_paid: "never",
  branches: [
    { id: BRANCH, name: "南京玄武网点", address: "南京市玄武区珠江路 1 号", phone: "025-88880000" },
    {
      id: "br_01hzzzzzzzzzzzzzzzzzzzzzz2",
      name: "苏州姑苏网点",
      address: "南京市玄武区珠江路 1 号",
      phone: "025-88880000",
    },
  ],
};

const service = (kind: ProductKind, refused: NoService | null = null, more: Partial<KeyService> = {}): KeyService => ({
  kind,
  refused,
  opens_at: null,
  closes_at: null,
  ...more,
});

/** Days of China from the day of these pages to the end of a certificate. */
function daysLeft(until: string): number | null {
  const day = (at: string) => Math.floor((Date.parse(at) + 8 * 3_600_000) / 86_400_000);
  const days = day(until) - day("2026-11-21T01:40:00Z");
  return days < 0 ? null : days;
}

export function key(serial: string, more: Partial<KeyView> = {}): KeyView {
  const days_left = daysLeft(more.not_after ?? "2027-01-10T15:59:59Z");
  return {
    days_left,
    reminder: days_left === null ? null : ([1, 7, 30, 60, 90].find((days) => days_left <= days) ?? null),
    serial,
    medium: "bjca",
    storefront: "mall",
    certificate_serial: "5a1f0c3e9b7d2846a1b2c3d4e5f60701",
    seal: true,
    activated_at: "2026-01-10T02:00:00Z",
    not_after: "2027-01-10T15:59:59Z",
    state: "active",
    suspended: null,
    services: [
      service("renewal", null, { closes_at: "2028-01-10T15:59:59Z" }),
      service("unlock"),
      service("replacement"),
      service("upgrade", "medium"),
    ],
    inspection: null,
    ...more,
  };
}

/** Soon at its end: everything is to be had. */
export const soon = key("BJ20260100001");
/** Far from its end: no renewal yet. */
export const early = key("BJ20260600002", {
  activated_at: "2026-06-01T02:00:00Z",
  not_after: "2027-06-01T15:59:59Z",
  services: [
    service("renewal", "too_early", { opens_at: "2027-03-03T15:59:59Z", closes_at: "2028-05-31T15:59:59Z" }),
    service("unlock"),
    service("replacement"),
    service("upgrade", "medium"),
  ],
});
/** Of the old medium; its remaining time was not read. */
export const old = key("CPP2025090003", {
  medium: "cpp",
  activated_at: "2025-07-20T02:00:00Z",
  not_after: "2028-07-20T15:59:59Z",
  services: [
    service("renewal", "too_early", { opens_at: "2028-04-21T15:59:59Z" }),
    service("unlock"),
    service("replacement"),
    service("upgrade"),
  ],
});
/** The same, read an hour ago. */
export const inspected: KeyView = {
  ...old,
  inspection: { at: "2026-11-21T00:40:00Z", not_after: old.not_after, fresh: true, used: false },
};
export const lost = key("BJ20260300004", {
  reminder: null,
  state: "suspended",
  suspended: { reason: "stolen", at: "2026-11-20T03:00:00Z" },
  services: [
    service("renewal", "suspended"),
    service("unlock", "suspended"),
    service("replacement"),
    service("upgrade", "suspended"),
  ],
});
/** Of another issuer, read an hour ago. */
export const joined: KeyView = {
  ...inspected,
  serial: "OTHER2025000006",
  issued_by: "别家 CA",
  seal: false,
  services: [
    service("renewal", "elsewhere"),
    service("unlock", "no_escrow"),
    service("replacement", "elsewhere"),
    service("upgrade"),
  ],
};
export const keys = { keys: [old, early, soon, lost] };

export function price(more: Partial<LinePrice> = {}): LinePrice {
  return {
    unit_price: "360.00",
    unit_surcharge: "0.00",
    quantity: 1,
    seal_price: "0.00",
    seals: 0,
    credit: null,
    amount: "360.00",
    ...more,
  };
}

/** 1 year 8 months left: a year is carried over, 8 months are credit. */
export const credit: Credit = {
  certificate_serial: old.certificate_serial,
  not_after: old.not_after,
  months_left: 20,
  days_left: 0,
  months_carried: 12,
  days_in_month: 31,
  yearly: "240.00",
  worth: "160.00",
  amount: "160.00",
  lost: "0.00",
};

export const upgradePrice = price({ credit, amount: "200.00" });
/** More is left than the upgrade costs. */
export const lossPrice = price({
  credit: { ...credit, months_left: 35, days_left: 15, worth: "469.68", amount: "360.00", lost: "109.68" },
  amount: "0.00",
});

export const quoteOf = (total: string, ...lines: LinePrice[]): QuoteView => ({
  lines,
  total,
  promise: { reviewed_by: "2026-11-23T03:00:00Z", handed_over_by: "2026-11-23T09:30:00Z" },
});

function head<T>([first]: readonly T[]): T {
  if (first === undefined) {
    throw new Error("the fixture is empty");
  }
  return first;
}

const first = head(order("draft").lines);

/** A line of a draft. */
function line(no: number, of: Product, more: Partial<LineView> = {}): LineView {
  return {
    ...first,
    no,
    product: { sku: of.sku, kind: of.kind, name: of.name, medium: of.medium, seal: of.seal, term_years: of.term_years },
    price: price(),
    seals: 0,
    ...more,
  };
}

const named = ({ serial, certificate_serial, medium, not_after }: KeyView, reason: "stolen" | null = null) => ({
  serial,
  certificate_serial,
  medium,
  not_after,
  reason,
});

/** A draft of the mall with these lines. */
export function draft(lines: LineView[], more: Partial<OrderView> = {}): OrderView {
  return { ...order("draft"), lines, urgency: "none", ...more };
}

export const threeLines = [
  line(1, head(catalog.products), { price: price({ quantity: 2, amount: "720.00" }) }),
  line(2, renewal, { key: named(soon) }),
  line(3, replacement, { key: named(lost, "stolen") }),
];
export const threePrices = quoteOf(
  "1080.00",
  price({ quantity: 2, amount: "720.00" }),
  price({ unit_price: "240.00", amount: "240.00" }),
  price({ unit_price: "120.00", amount: "120.00" }),
);
export const upgradeLine = line(1, upgrade, { key: named(old), price: lossPrice });

/** A draft of the counter, with the papers in it or not. */
export function counterDraft(isComplete: boolean): OrderView {
  const papers = order("under_review").lines[0];
  return {
    ...order("draft"),
    storefront: "counter",
    lines: [
      line(1, sealed, {
        price: price({ unit_price: "260.00", quantity: 2, seal_price: "100.00", seals: 1, amount: "620.00" }),
        seals: 1,
        plan: { materials: "before_submit", on_rejection: "refund_to_draft", make: "desk", handover: "courier" },
        papers_complete: isComplete,
        papers: isComplete ? (papers?.papers ?? []) : (papers?.papers ?? []).slice(0, 1),
        basic: isComplete ? (papers?.basic ?? null) : null,
      }),
    ],
    urgency: "none",
    delivery: { ...order("draft").delivery, kind: "courier_collect" },
    invoice: { kind: "electronic_ordinary", buyer: null, ask_special: false },
    total: "620.00",
  };
}
export const counterPrices = quoteOf(
  "620.00",
  price({ unit_price: "260.00", quantity: 2, seal_price: "100.00", seals: 1, amount: "620.00" }),
);
