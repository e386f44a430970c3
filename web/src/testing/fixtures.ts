/** Answers of the API for looking at pages without a backend. Typed by the contract; never part of the site. */
import type {
  AttemptView,
  CatalogView,
  CertificateView,
  DisplayState,
  HistoryEntry,
  LineStage,
  LineState,
  LineView,
  OrderList,
  OrderRow,
  OrderState,
  OrderView,
  PaymentPhase,
  PaymentView,
  ProductionView,
  QueueRow,
  QueueView,
  QuoteView,
  RefundProgress,
  RefundView,
  ReviewCredit,
  ReviewView,
  Role,
  SessionView,
  ShippingView,
  StaffSessionView,
} from "../api/schema";

const ORDER = "202611210935190042";
const COMPANY = "南京示例建设工程有限公司";
const CODE = "91440300708461136T";

export const session: SessionView = {
  user: "us_01hzzzzzzzzzzzzzzzzzzzzzzz",
  name: "李雷",
  account: "shili",
  level: "full",
  expires_at: "2026-11-21T09:30:00Z",
  company: "co_01hzzzzzzzzzzzzzzzzzzzzzzz",
  company_name: COMPANY,
  credit_code: CODE,
  contact: { name: "李雷", mobile: "13800138000", mail: "li.lei@example.com" },
  storefront: "mall",
  qualification: "approved",
};

export function staff(...roles: Role[]): StaffSessionView {
  return {
    staff: "st_01hzzzzzzzzzzzzzzzzzzzzzzz",
    name: "韩梅梅",
    mail: "han.meimei@sealkey.example",
    roles,
    branch_name: roles.includes("branch") ? "南京玄武网点" : null,
    expires_at: "2026-11-21T09:30:00Z",
  };
}

export const catalog: CatalogView = {
  storefront: "mall",
  name: { zh: "商城", en: "Mall" },
  products: [
    {
      sku: "key-seal-1y",
      storefront: "mall",
      kind: "new_key",
      name: { zh: "带签章电子密钥", en: "Key with e-seal" },
      description: {
        zh: "一个 USB 密钥，内含企业数字证书和电子签章，用于电子投标、在线签约。",
        en: "A USB key with the company's certificate and e-seal, for tenders and contracts.",
      },
      medium: "bjca",
      seal: true,
      term_years: 1,
      price: "360.00",
      surcharges: { half_day: "200.00", same_day: "100.00" },
      position: 1,
    },
    {
      sku: "key-1y",
      storefront: "mall",
      kind: "new_key",
      name: { zh: "电子密钥", en: "Key" },
      description: {
        zh: "一个 USB 密钥，内含企业数字证书，用于登录和加密。",
        en: "A USB key with the company's certificate.",
      },
      medium: "bjca",
      seal: false,
      term_years: 1,
      price: "280.00",
      surcharges: {},
      position: 2,
    },
  ],
  payment_methods: ["alipay", "wechatpay"],
  invoice_kinds: ["paper_ordinary", "paper_special"],
  invoice_by_default: true,
  delivery_kinds: ["courier_prepaid"],
  urgency_levels: ["none", "half_day", "same_day"],
  max_keys_per_line: 50,
  max_lines: 20,
  max_pages_per_paper: 5,
  alone: ["upgrade"],
  renewal_window: { days_before: 90, days_after: 365 },
  materials: "after_payment",
  on_rejection: "upload_again",
  cancel_paid: "before_approval",
  states: [
    "draft",
    "awaiting_payment",
    "changes_requested",
    "awaiting_materials",
    "awaiting_agent",
    "under_review",
    "in_production",
    "shipped",
    "completed",
    "refunding",
    "refunded",
    "cancelled",
  ],
  branches: [],
};

export const quote: QuoteView = {
  lines: [{ unit_price: "360.00", unit_surcharge: "200.00", quantity: 2, amount: "1120.00" }],
  total: "1120.00",
  promise: { reviewed_by: "2026-11-23T03:00:00Z", handed_over_by: "2026-11-23T09:30:00Z" },
};

const product = {
  sku: "key-seal-1y",
  kind: "new_key",
  name: { zh: "带签章电子密钥", en: "Key with e-seal" },
  medium: "bjca",
  seal: true,
  term_years: 1,
} as const;

const LINE_STATES: Record<DisplayState, LineState> = {
  draft: "awaiting_materials",
  awaiting_payment: "awaiting_materials",
  submitted: "awaiting_materials",
  awaiting_materials: "awaiting_materials",
  changes_requested: "changes_requested",
  under_review: "under_review",
  in_production: "in_production",
  handling: "ready_for_pickup",
  awaiting_agent: "awaiting_agent",
  shipped: "shipped",
  awaiting_receipt: "delivered",
  completed: "completed",
  refunding: "cancelled",
  refunded: "cancelled",
  cancelled: "cancelled",
};

export function refund(progress: RefundProgress, more: Partial<RefundView> = {}): RefundView {
  const done = progress === "done";
  return {
    number: `${ORDER}_R1`,
    amount: "1120.00",
    method: "alipay",
    reason: "cancelled",
    progress,
    ordered_at: "2026-11-21T01:36:00Z",
    expected_by: "2026-11-26T01:36:00Z",
    done_at: done ? "2026-11-21T01:38:10Z" : null,
    receipt: done ? "2026112122001437821400958621" : null,
    ...more,
  };
}

const refusals: LineView["refusals"] = [
  { kind: "seal_sheet", reason: "unreadable", note: "公章左下角不清晰，请用 300 dpi 重新扫描。" },
];

const DUES: Partial<Record<DisplayState, string>> = {
  under_review: "2026-11-23T03:00:00Z",
  in_production: "2026-11-23T09:30:00Z",
};

export function order(display: DisplayState): OrderView {
  const states: Partial<Record<DisplayState, OrderState>> = {
    draft: "draft",
    awaiting_payment: "awaiting_payment",
    submitted: "awaiting_payment",
    completed: "completed",
    refunding: "cancelled",
    refunded: "cancelled",
    cancelled: "cancelled",
  };
  const goesBack = display === "refunding" || display === "refunded";
  const later = ["in_production", "shipped", "completed"].includes(display);
  const arrived = display === "completed";
  const handedIn = later || ["under_review", "changes_requested"].includes(display);
  return {
    id: ORDER,
    storefront: "mall",
    state: states[display] ?? "paid",
    display,
    version: 4,
    subject: { company_name: COMPANY, credit_code: CODE },
    contact: session.contact,
    lines: [
      {
        no: 1,
        product,
        price: { unit_price: "360.00", unit_surcharge: "200.00", quantity: 2, amount: "1120.00" },
        plan: { materials: "after_payment", on_rejection: "upload_again", make: "desk", handover: "courier" },
        key: null,
        seals: 2,
        carried_from: null,
        papers_complete: handedIn && display !== "changes_requested",
        state: LINE_STATES[display],
        display: goesBack ? "cancelled" : display,
        due_at: DUES[display] ?? null,
        required_papers: ["business_licence", "authorisation_letter", "seal_sheet"],
        papers: handedIn
          ? [
              {
                id: "pa_01hzzzzzzzzzzzzzzzzzzzzzz1",
                kind: "business_licence",
                file_name: "营业执照.jpg",
                length: 1234567,
              },
              {
                id: "pa_01hzzzzzzzzzzzzzzzzzzzzzz2",
                kind: "authorisation_letter",
                file_name: "授权书.pdf",
                length: 345678,
              },
              { id: "pa_01hzzzzzzzzzzzzzzzzzzzzzz3", kind: "seal_sheet", file_name: "印章.png", length: 2345678 },
            ]
          : [],
        refusals: display === "changes_requested" ? refusals : [],
        basic: handedIn ? { legal_representative: "王建国", agent_name: "李雷", agent_mobile: "13800138000" } : null,
        units: [1, 2].map((no) => ({
          no,
          state: arrived || display === "shipped" ? "handed_over" : "waiting",
          certificate_serial: arrived || display === "shipped" ? `5a1f0c3e9b7d2846a1b2c3d4e5f6070${String(no)}` : null,
          not_after: arrived || display === "shipped" ? "2027-11-22T15:59:59Z" : null,
          key_serial: arrived || display === "shipped" ? `BJ2026110000${String(no)}` : null,
          attempt: 1,
        })),
        parcel:
          arrived || display === "shipped"
            ? {
                waybill: "SF1234567890123",
                events: [
                  { event_id: "1", status: "collected", at: "2026-11-21T07:30:00Z", place: "南京玄武营业部" },
                  { event_id: "2", status: "in_transit", at: "2026-11-21T12:10:00Z", place: "南京转运中心" },
                  ...(arrived
                    ? [{ event_id: "3", status: "delivered", at: "2026-11-22T02:05:00Z", place: "上海浦东" } as const]
                    : []),
                ],
              }
            : null,
      },
    ],
    urgency: "half_day",
    delivery: {
      kind: "courier_prepaid",
      address: {
        name: "李雷",
        mobile: "13800138000",
        province: "江苏省",
        city: "南京市",
        district: "玄武区",
        detail: "中山路 100 号示例大厦 A 座 1203 室",
      },
    },
    invoice: { kind: "paper_ordinary", buyer: null, ask_special: false },
    invoices: [],
    total: "1120.00",
    created_at: "2026-11-21T01:35:19Z",
    submitted_at: display === "draft" ? null : "2026-11-21T01:35:21Z",
    pay_by: display === "awaiting_payment" ? "2026-11-22T01:35:21Z" : null,
    paid_at: later || handedIn || goesBack ? "2026-11-21T01:35:52Z" : null,
    can_cancel: ["draft", "awaiting_payment", "awaiting_materials", "changes_requested", "under_review"].includes(
      display,
    ),
    can_withdraw: false,
    refunds: goesBack ? [refund(display === "refunded" ? "done" : "under_way")] : [],
    ended_at: arrived ? "2026-11-22T02:05:00Z" : goesBack ? "2026-11-21T01:36:00Z" : null,
  };
}

export function row(display: DisplayState, place: number): OrderRow {
  return {
    id: `2026112109351900${String(42 + place)}`,
    storefront: "mall",
    display,
    items: [{ line: 1, product, quantity: 2, display }],
    total: "1120.00",
    created_at: "2026-11-21T01:35:19Z",
    pay_by: display === "awaiting_payment" ? "2026-11-22T01:35:21Z" : null,
  };
}

export function orders(...states: DisplayState[]): OrderList {
  return { orders: states.map(row), cursor: states.length > 3 ? "more" : null };
}

const event = (
  seq: number,
  minute: number,
  by: string,
  name: string,
  more: Partial<HistoryEntry> = {},
): HistoryEntry => ({
  seq,
  at: `2026-11-21T0${String(1 + Math.floor(minute / 60))}:${String(minute % 60).padStart(2, "0")}:00Z`,
  by,
  event: name,
  from: "",
  to: "",
  line: null,
  unit: null,
  refusals: [],
  note: "",
  ...more,
});

export const history: HistoryEntry[] = [
  event(1, 35, "company", "created"),
  event(2, 36, "company", "submitted"),
  event(3, 38, "gateway", "payment_received", { note: "1120.00" }),
  event(4, 52, "company", "materials_submitted", { line: 1 }),
  event(5, 53, "system", "papers_checked", { line: 1 }),
  event(6, 65, "staff", "review_claimed", { line: 1 }),
  event(7, 70, "staff", "rejected", { line: 1, refusals }),
];

/** A paid order that was given up. */
export const refundHistory: HistoryEntry[] = [
  event(1, 35, "company", "created"),
  event(2, 35, "company", "submitted"),
  event(3, 36, "gateway", "payment_received", { note: "1120.00" }),
  event(4, 36, "company", "cancelled"),
  event(5, 36, "system", "refund_accepted", { note: "1120.00" }),
  event(6, 38, "gateway", "refund_done", { note: "1120.00" }),
];

export function attempt(more: Partial<AttemptView> = {}): AttemptView {
  return {
    number: `${ORDER}_1`,
    method: "alipay",
    state: "open",
    qr: "https://qr.alipay.example/bax03206ugwa0a5b6c7d8",
    qr_expires_at: "2026-11-21T02:08:00Z",
    disposition: null,
    ...more,
  };
}

export const wechatAttempt = attempt({
  number: `${ORDER}_2`,
  method: "wechatpay",
  qr: "weixin://wxpay/bizpayurl?pr=p4lpSuKzz",
});

export function payment(phase: PaymentPhase, more: Partial<PaymentView> = {}): PaymentView {
  return {
    amount: "1120.00",
    paid: phase === "paid",
    phase,
    methods: ["alipay", "wechatpay"],
    confirm: false,
    silent: false,
    older_code: false,
    now: "2026-11-21T01:40:00Z",
    pay_by: "2026-11-22T01:35:21Z",
    attempt: attempt(phase === "scan" || phase === "paying" ? {} : { qr: null }),
    ...more,
  };
}

export function queueRow(stage: LineStage, more: Partial<QueueRow> = {}): QueueRow {
  return {
    order: ORDER,
    line: 1,
    stage,
    company_name: COMPANY,
    product,
    quantity: 2,
    urgency: "half_day",
    since: "2026-11-21T01:52:00Z",
    claimed: false,
    mine: false,
    waybill: null,
    ...more,
  };
}

export function queue(stage: LineStage, more: Partial<QueueRow> = {}): QueueView {
  return {
    lines: [
      queueRow(stage, { due_at: "2026-11-21T01:30:00Z", ...more }),
      queueRow(stage, { order: "202611210941070917", urgency: "none", company_name: "上海另一家科技股份有限公司" }),
      queueRow(stage, { order: "202611211002230338", urgency: "same_day", claimed: stage === "AwaitReview" }),
    ],
    cursor: "more",
  };
}

const subject = { company_name: COMPANY, credit_code: CODE };

export function review(mine: boolean): ReviewView {
  return {
    row: queueRow("AwaitReview", { claimed: mine, mine }),
    subject,
    basic: { legal_representative: "王建国", agent_name: "李雷", agent_mobile: "13800138000" },
    papers: [
      {
        kind: "business_licence",
        file_name: "营业执照.jpg",
        format: "image/jpeg",
        pages: ["/api/fixture/licence.svg"],
        uploaded_at: "2026-11-21T01:50:00Z",
      },
      {
        kind: "authorisation_letter",
        file_name: "授权书.pdf",
        format: "application/pdf",
        pages: ["/api/fixture/letter.svg"],
        uploaded_at: "2026-11-21T01:51:00Z",
      },
      {
        kind: "seal_sheet",
        file_name: "印章.png",
        format: "image/png",
        pages: [],
        uploaded_at: "2026-11-21T01:52:00Z",
      },
    ],
    refusals,
    history,
  };
}

/** An upgrade whose old key was locked when its time left was read. */
export const ofLockedKey: ReviewView = { ...review(true), credit: creditOf(true) };

export function creditOf(without_pin: boolean): ReviewCredit {
  return {
    serial: "CPP-2024-0001",
    credit: {
      certificate_serial: "4a5b6c7d8e9f00112233445566778899",
      not_after: "2028-07-21T01:50:00Z",
      months_left: 20,
      days_left: 0,
      months_carried: 12,
      days_in_month: 31,
      yearly: "240.00",
      worth: "160.00",
      amount: "160.00",
      lost: "0.00",
      without_pin,
    },
  };
}

export const production: ProductionView = {
  row: queueRow("AwaitProduction", { quantity: 3 }),
  subject,
  units: [
    {
      no: 1,
      state: "made",
      certificate_serial: "5a1f0c3e9b7d2846a1b2c3d4e5f60701",
      not_after: "2027-11-22T15:59:59Z",
      key_serial: "BJ20261100001",
      attempt: 1,
    },
    {
      no: 2,
      state: "writing",
      certificate_serial: "5a1f0c3e9b7d2846a1b2c3d4e5f60702",
      not_after: "2027-11-22T15:59:59Z",
      key_serial: null,
      attempt: 1,
    },
    { no: 3, state: "waiting", certificate_serial: null, not_after: null, key_serial: null, attempt: 1 },
  ],
};

const pem = `-----BEGIN CERTIFICATE-----\n${"MIICFzCCAb2gAwIBAgIUKb3c8hV0mYJr2Q8n5l6bXc1f0a4wCgYIKoZIzj0EAwIw\n".repeat(8)}-----END CERTIFICATE-----\n`;

export const certificate: CertificateView = {
  unit: 2,
  serial: "5a1f0c3e9b7d2846a1b2c3d4e5f60702",
  certificate: pem,
  chain: pem + pem,
  not_after: "2027-11-22T15:59:59Z",
};

export function shipping(stage: LineStage): ShippingView {
  const { delivery, lines } = order("shipped");
  return {
    row: queueRow(stage, { waybill: stage === "BookShipment" ? null : "SF1234567890123" }),
    delivery,
    address: delivery.address ?? null,
    contact: session.contact,
    events: stage === "AwaitDelivery" ? (lines[0]?.parcel?.events ?? []) : [],
  };
}
