/** Answers of the API about refunds, the ledger and the gateways' bills. Typed by the contract; never part of the site. */
import type {
  AttemptRow,
  DayBooks,
  Difference,
  DifferenceKind,
  Hindrance,
  OrderBooks,
  Posting,
  RefundQueueView,
  RefundRow,
  StatementList,
  StatementRow,
  StatementView,
} from "../api/schema";
import { session, staff } from "./fixtures";

export const ORDER = "202611210935190042";
const OTHER = "202611201502260917";
const COMPANY = session.company_name;

export function refundRow(more: Partial<RefundRow> = {}): RefundRow {
  const { order = ORDER, no = 1 } = more;
  return {
    order,
    no,
    number: `${order}_R${String(no)}`,
    company_name: COMPANY,
    payment_number: `${order}_1`,
    method: "alipay",
    amount: "1120.00",
    reason: "cancelled",
    state: "waiting",
    round: 3,
    ask_at: "2026-11-21T01:45:00Z",
    ordered_at: "2026-11-21T01:36:00Z",
    done_at: null,
    receipt: null,
    trouble: null,
    settlement: null,
    can_retry: true,
    can_settle: false,
    ...more,
  };
}

export function troubled(hindrance: Hindrance, code: string, more: Partial<RefundRow> = {}): RefundRow {
  return refundRow({ trouble: { hindrance, code, since: "2026-11-21T01:37:00Z" }, ...more });
}

const stuck = { state: "abnormal", ask_at: null, can_settle: true } as const;
const told = {
  state: "abnormal",
  ask_at: null,
  can_retry: false,
  trouble: { hindrance: "payer_account", code: "USER_ACCOUNT_ABNORMAL", since: "2026-11-20T09:10:00Z" },
} as const;
export const settlement = { reference: "ICBC2026112100012345", at: "2026-11-21T01:20:00Z", mine: false, agreed: false };

export const needsYou: RefundQueueView = {
  refunds: [
    refundRow({
      ...told,
      order: OTHER,
      method: "wechatpay",
      reason: "paid_twice",
      company_name: "上海另一家科技股份有限公司",
      settlement,
    }),
    refundRow({ ...told, order: "202611201711020338", settlement: { ...settlement, mine: true } }),
    troubled("refused", "ACQ.REASON_TRADE_REFUND_FEE_ERR", stuck),
    troubled("closed", "CLOSED", { ...stuck, order: "202611191002230551", method: "wechatpay", reason: "paid_late" }),
    troubled("payer_account", "ABNORMAL", { ...stuck, no: 2, reason: "wrong_sum", amount: "0.01" }),
    troubled("credentials", "isv.invalid-app-id", { ...stuck, no: 3, amount: "100000000.00" }),
  ],
  cursor: "more",
};

export const underWay: RefundQueueView = {
  refunds: [
    refundRow({ order: "202611210941070917" }),
    troubled("unreachable", "", { order: OTHER, method: "wechatpay", round: 1 }),
    troubled("short", "ACQ.SELLER_BALANCE_NOT_ENOUGH", { order: "202611201002230338", round: 7 }),
  ],
  cursor: null,
};

function posting(no: number, minute: number, more: Pick<Posting, "debit" | "credit" | "amount" | "cause">): Posting {
  return {
    order: ORDER,
    event: 2 + no,
    no: 1,
    at: `2026-11-21T01:${String(minute)}:00Z`,
    day: "2026-11-21",
    ...more,
  };
}

const postings: Posting[] = [
  posting(1, 36, {
    debit: "alipay",
    credit: "held",
    amount: "1120.00",
    cause: { what: "paid", number: `${ORDER}_1` },
  }),
  posting(2, 37, {
    debit: "wechatpay",
    credit: "held",
    amount: "1120.00",
    cause: { what: "paid", number: `${ORDER}_2` },
  }),
  posting(3, 38, {
    debit: "held",
    credit: "wechatpay",
    amount: "1120.00",
    cause: { what: "refunded", number: `${ORDER}_R1` },
  }),
  posting(4, 39, {
    debit: "held",
    credit: "bank",
    amount: "360.00",
    cause: { what: "settled", number: `${ORDER}_R2`, reference: settlement.reference },
  }),
  posting(5, 39, { debit: "held", credit: "earned", amount: "560.00", cause: { what: "earned", line: 1 } }),
];

export const dayBooks: DayBooks = {
  day: "2026-11-21",
  gateways: [
    { method: "alipay", paid: "100001120.00", refunded: "0.00" },
    { method: "wechatpay", paid: "1120.00", refunded: "1120.00" },
  ],
  earned: "560.00",
  settled: "360.00",
  count: 62,
  postings,
  cursor: "more",
};

export const emptyDay: DayBooks = {
  day: "2026-11-21",
  gateways: [
    { method: "alipay", paid: "0.00", refunded: "0.00" },
    { method: "wechatpay", paid: "0.00", refunded: "0.00" },
  ],
  earned: "0.00",
  settled: "0.00",
  count: 0,
  postings: [],
  cursor: null,
};

function tried(no: number, more: Partial<AttemptRow>): AttemptRow {
  return {
    number: `${ORDER}_${String(no)}`,
    method: "alipay",
    amount: "1120.00",
    state: "closed",
    created_at: `2026-11-21T01:3${String(no)}:00Z`,
    trade_no: null,
    received: null,
    paid_at: null,
    disposition: null,
    ...more,
  };
}

export function orderBooks(more: Partial<OrderBooks> = {}): OrderBooks {
  return {
    order: ORDER,
    company_name: COMPANY,
    display: "in_production",
    total: "1120.00",
    books: { paid: "2240.00", earned: "560.00", refunded: "1480.00", held: "200.00", overdrawn: false },
    attempts: [
      tried(1, {
        state: "paid",
        trade_no: "2026112122001437821400958621",
        received: "1120.00",
        paid_at: "2026-11-21T01:36:00Z",
        disposition: "counted",
      }),
      tried(2, {
        method: "wechatpay",
        state: "paid",
        trade_no: "4200002345202611210987654321",
        received: "1120.00",
        paid_at: "2026-11-21T01:37:00Z",
        disposition: "refund_paid_twice",
      }),
      tried(3, { state: "lapsing" }),
      tried(4, {}),
    ],
    refunds: [
      refundRow({
        method: "wechatpay",
        reason: "paid_twice",
        state: "done",
        ask_at: null,
        done_at: "2026-11-21T01:38:00Z",
        receipt: "50302611212026112100001234567",
        can_retry: false,
      }),
      refundRow({
        no: 2,
        state: "settled",
        ask_at: null,
        done_at: "2026-11-21T01:39:00Z",
        amount: "360.00",
        settlement: { ...settlement, agreed: true },
        can_retry: false,
      }),
    ],
    postings,
    ...more,
  };
}

export const emptyBooks = orderBooks({
  display: "awaiting_payment",
  books: { paid: "0.00", earned: "0.00", refunded: "0.00", held: "0.00", overdrawn: false },
  attempts: [],
  refunds: [],
  postings: [],
});

export const overdrawnBooks = orderBooks({
  display: "refunded",
  books: { paid: "1120.00", earned: "0.00", refunded: "2240.00", held: "0.00", overdrawn: true },
});

export function statementRow(more: Partial<StatementRow> = {}): StatementRow {
  return {
    day: "2026-11-20",
    method: "alipay",
    state: "balanced",
    read_at: "2026-11-21T01:10:00Z",
    payments: 12,
    paid: "13440.00",
    refunds: 1,
    refunded: "1120.00",
    differences: 0,
    unhandled: 0,
    wanted: false,
    trouble: null,
    ...more,
  };
}

const waiting = { state: "waiting", read_at: null, payments: 0, paid: "0.00", refunds: 0, refunded: "0.00" } as const;

export const statements: StatementList = {
  month: "2026-11",
  statements: [
    statementRow({ ...waiting, day: "2026-11-20", method: "alipay" }),
    statementRow({ method: "wechatpay", state: "different", differences: 3, unhandled: 2, paid: "100013440.00" }),
    statementRow({ day: "2026-11-19" }),
    statementRow({ day: "2026-11-19", method: "wechatpay", state: "different", differences: 1 }),
  ],
};

const KINDS: readonly DifferenceKind[] = [
  "payment_recorded_late",
  "payment_unconfirmed",
  "payment_not_ours",
  "payment_not_on_bill",
  "payment_sum",
  "refund_not_ours",
  "refund_recorded_late",
  "refund_not_on_bill",
  "refund_sum",
];

/** One of each kind, the first one handled. */
export const differences: Difference[] = KINDS.map((kind, place) => {
  const foreign = kind.endsWith("not_ours");
  return {
    kind,
    number: foreign ? `SHOP-20261120-${String(place)}` : `${ORDER}_${kind.startsWith("refund") ? "R" : ""}1`,
    order: foreign ? null : ORDER,
    theirs: kind.endsWith("not_on_bill") ? null : "1120.00",
    ours: foreign ? null : kind.endsWith("sum") ? "1119.99" : "1120.00",
    handled:
      place === 0
        ? { by: staff("finance").staff, at: "2026-11-21T01:30:00Z", note: "已核对订单账目，款项已计入订单。" }
        : null,
  };
});

export const different: StatementView = {
  row: statementRow({ state: "different", differences: 9, unhandled: 8 }),
  ours: { method: "alipay", paid: "12320.00", refunded: "1120.00" },
  differences,
};

export const balanced: StatementView = {
  row: statementRow(),
  ours: { method: "alipay", paid: "13440.00", refunded: "1120.00" },
  differences: [],
};

export const unread: StatementView = {
  row: statementRow({ ...waiting, wanted: true, trouble: "bill of 2026-11-20: unexpected status 502" }),
  ours: { method: "alipay", paid: "13440.00", refunded: "1120.00" },
  differences: [],
};
