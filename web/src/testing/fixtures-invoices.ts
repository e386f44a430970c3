/** Answers of the API about invoices. Typed by the contract; never part of the site. */
import type {
  BuyerView,
  InvoiceList,
  InvoiceProgress,
  InvoiceQueueView,
  InvoiceRow,
  InvoiceView,
  TaxHindrance,
} from "../api/schema";
import { session } from "./fixtures";
import { special } from "./fixtures-file";

export const ORDER = "202611210935190042";

export function invoice(progress: InvoiceProgress = "issued", more: Partial<InvoiceView> = {}): InvoiceView {
  const isIssued = ["issued", "reversing", "awaiting_buyer", "reversed"].includes(progress);
  return {
    order: ORDER,
    no: 1,
    kind: "electronic_ordinary",
    progress,
    title: session.company_name,
    items: [
      { name: "企业数字证书（两年）", quantity: 2, amount: "560.00" },
      { name: "电子签章", quantity: 1, amount: "120.50" },
    ],
    amount: "680.50",
    number: isIssued ? "26322000000012345678" : null,
    ordered_at: "2026-11-21T01:35:19Z",
    issued_at: isIssued ? "2026-11-21T01:36:02Z" : null,
    buyer_until: progress === "awaiting_buyer" ? "2026-11-24T01:36:02Z" : null,
    reversed_by: progress === "reversed" ? "26332000000000000021" : null,
    reversed_at: progress === "reversed" ? "2026-11-21T02:10:00Z" : null,
    mailed_at: isIssued ? "2026-11-21T01:36:05Z" : null,
    has_files: isIssued,
    can_change_title: progress === "title_wanted",
    can_send: isIssued && progress !== "reversed",
    ...more,
  };
}

export const all: InvoiceList = {
  invoices: [
    invoice("issued", { order: "202611201502260917" }),
    invoice("reversed", { kind: "paper_special", mailed_at: null }),
    invoice("awaiting_buyer", { no: 2, amount: "100000000.00" }),
  ],
  cursor: "more",
};

export const buyer: BuyerView = {
  from: special.id,
  kind: "special",
  title: special.title,
  tax_number: special.tax_number,
  mail: "invoice@example.com",
  address: special.address,
  phone: special.phone,
  bank: special.bank,
  bank_account: special.bank_account ?? null,
};

export function invoiceRow(more: Partial<InvoiceRow> = {}): InvoiceRow {
  const { order = ORDER, no = 1 } = more;
  return {
    order,
    no,
    serial: `${order}_I${String(no)}`,
    company_name: session.company_name,
    kind: "electronic_ordinary",
    buyer,
    items: invoice().items,
    amount: "680.50",
    state: "abnormal",
    task: "issue",
    round: 3,
    ask_at: null,
    ordered_at: "2026-11-21T01:35:19Z",
    number: null,
    buyer_until: null,
    trouble: null,
    can_retry: true,
    can_become: [],
    ...more,
  };
}

export const stuck = (hindrance: TaxHindrance, code: string, more: Partial<InvoiceRow> = {}): InvoiceRow =>
  invoiceRow({ trouble: { hindrance, code, since: "2026-11-21T01:37:00Z" }, ...more });

export const held: InvoiceQueueView = {
  invoices: [
    invoiceRow({ state: "held", can_retry: false, can_become: ["electronic_special", "electronic_ordinary"] }),
  ],
  cursor: null,
};

export const needsYou: InvoiceQueueView = {
  invoices: [
    stuck("buyer", "buyer_unknown"),
    stuck("quota", "quota_used_up", { no: 2 }),
    stuck("credentials", "HTTP 401", { no: 3, task: "reverse", number: "26322000000012345678" }),
  ],
  cursor: "more",
};
