/** Answers about a company's file and the reviewer's desk for companies. Never part of the site. */
import type {
  CompanyEventKind,
  CompanyEventView,
  CompanyFile,
  CompanyHistory,
  CompanyPaperImages,
  ContactChangeView,
  InvoiceTitleView,
  PeopleView,
  PersonView,
  QualificationDetail,
  QualificationQueue,
  QualificationRefusal,
  QualificationRow,
  QualificationState,
  RecoveryDetail,
  RecoveryQueue,
  RecoveryRow,
  RecoveryState,
  RivalView,
  SavedAddress,
} from "../api/schema";
import { session } from "./fixtures";

export const COMPANY = session.company;
export const RECOVERY = "rc_01hzzzzzzzzzzzzzzzzzzzzzzz";

export const ordinary: InvoiceTitleView = {
  id: "ti_01hzzzzzzzzzzzzzzzzzzzzzz1",
  kind: "ordinary",
  title: session.company_name,
  tax_number: session.credit_code,
  bank: "",
  bank_account: null,
  address: "",
  phone: "",
  mail: "invoice@example.com",
  is_default: true,
};

export const special: InvoiceTitleView = {
  id: "ti_01hzzzzzzzzzzzzzzzzzzzzzz2",
  kind: "special",
  title: `${session.company_name}玄武分公司`,
  tax_number: "91330100799655058B",
  bank: "中国工商银行南京玄武支行",
  bank_account: "4301***********0123",
  address: "南京市玄武区中山路 100 号",
  phone: "025-83200000",
  mail: "",
  is_default: false,
};

export const saved: SavedAddress = {
  id: "ad_01hzzzzzzzzzzzzzzzzzzzzzz1",
  address: {
    name: "李雷",
    mobile: "13800138000",
    province: "江苏省",
    city: "南京市",
    district: "玄武区",
    detail: "中山路 100 号示例大厦 A 座 1203 室",
  },
  is_default: true,
};

export const refusals: QualificationRefusal[] = [
  { item: "company_name", reason: "data_mismatch", note: "执照上没有“建设”二字。" },
  { item: "licence", reason: "unreadable", note: "请重新拍摄，四角完整。" },
];

export function file(state: QualificationState = "approved", more: Partial<CompanyFile> = {}): CompanyFile {
  const handedIn = state !== "open";
  return {
    id: COMPANY,
    version: 7,
    basics: {
      name: session.company_name,
      credit_code: session.credit_code,
      legal_representative: "王建国",
      legal_representative_id: "3201**********002X",
      registered_address: "江苏省南京市玄武区中山路 100 号",
      phone: "025-83200000",
    },
    contact: session.contact,
    frozen_until: null,
    invoice_titles: [ordinary, special],
    addresses: [
      saved,
      {
        id: "ad_01hzzzzzzzzzzzzzzzzzzzzzz2",
        address: { ...saved.address, name: "韩梅", mobile: "13900139000", city: "苏州市", district: "姑苏区" },
        is_default: false,
      },
    ],
    qualification: {
      state,
      papers: handedIn
        ? [
            {
              id: "pa_01hzzzzzzzzzzzzzzzzzzzzzz1",
              kind: "business_licence",
              file_name: "营业执照.jpg",
              created_at: "2026-11-20T02:10:00Z",
            },
          ]
        : [],
      refusals: state === "changes_requested" ? refusals : [],
      submitted_at: handedIn ? "2026-11-20T02:12:00Z" : null,
      decided_at: state === "approved" || state === "changes_requested" ? "2026-11-20T08:30:00Z" : null,
    },
    superseded: false,
    created_at: "2026-11-19T01:00:00Z",
    ...more,
  };
}

export const codes: ContactChangeView = {
  file: file(),
  change: "cc_01hzzzzzzzzzzzzzzzzzzzzzzz",
  mobile_code: {
    code: "cd_01hzzzzzzzzzzzzzzzzzzzzzz1",
    channel: "sms",
    to: "139****9000",
    expires_at: "2026-11-21T01:50:00Z",
  },
  mail_code: {
    code: "cd_01hzzzzzzzzzzzzzzzzzzzzzz2",
    channel: "mail",
    to: "n**@example.com",
    expires_at: "2026-11-21T01:50:00Z",
  },
};

const person = (no: number, name: string, more: Partial<PersonView> = {}): PersonView => ({
  id: `us_01hzzzzzzzzzzzzzzzzzzzzzz${String(no)}`,
  name,
  mobile: `1380013800${String(no)}`,
  account: `shili${String(no)}`,
  main: false,
  you: false,
  ready: true,
  version: 3,
  ...more,
});

export const people: PeopleView = {
  people: [
    person(1, "李雷", { main: true, you: true, account: null }),
    person(2, "韩梅"),
    person(3, "赵小明", { ready: false }),
  ],
};

const event = (
  seq: number,
  kind: CompanyEventKind,
  by: "company" | "staff" | "system",
  more: Partial<CompanyEventView> = {},
): CompanyEventView => ({
  seq,
  at: `2026-11-20T0${String(seq % 10)}:15:00Z`,
  actor:
    by === "company"
      ? { kind: by, user: session.user }
      : by === "staff"
        ? { kind: by, staff: "st_01hzzzzzzzzzzzzzzzzzzzzzzz" }
        : { kind: by },
  actor_name: by === "company" ? "李雷" : "",
  event: kind,
  changes: [],
  note: "",
  ...more,
});

export const history: CompanyHistory = {
  events: [
    event(6, "contact_changed", "company", {
      changes: [{ field: "contact.mobile", from: "13700137000", to: "13800138000" }],
    }),
    event(5, "qualification_approved", "staff"),
    event(4, "id_number_shown", "staff"),
    event(3, "title_added", "company", {
      changes: [
        { field: "kind", from: "", to: "special" },
        { field: "bank_account", from: "", to: "4301***********0123" },
      ],
    }),
    event(2, "basics_changed", "company", {
      changes: [
        { field: "legal_representative", from: "", to: "王建国" },
        { field: "legal_representative_id", from: "", to: "3201**********002X" },
      ],
    }),
    event(1, "registered", "company"),
  ],
};

export function companyRow(more: Partial<QualificationRow> = {}): QualificationRow {
  return {
    company: COMPANY,
    name: session.company_name,
    credit_code: session.credit_code,
    submitted_at: "2026-11-20T02:12:00Z",
    claimed: false,
    mine: false,
    ...more,
  };
}

export const companyQueue: QualificationQueue = {
  companies: [
    companyRow(),
    companyRow({
      company: "co_01hzzzzzzzzzzzzzzzzzzzzzz1",
      name: "上海另一家科技股份有限公司",
      credit_code: "91330100799655058B",
      claimed: true,
    }),
    companyRow({ company: "co_01hzzzzzzzzzzzzzzzzzzzzzz2", name: "北京示例", claimed: true, mine: true }),
  ],
  cursor: "more",
};

export const rival: RivalView = {
  company: "co_01hzzzzzzzzzzzzzzzzzzzzzz9",
  name: session.company_name,
  credit_code: "91330100799655058B",
  created_at: "2026-11-12T02:12:00Z",
  state: "open",
};

const images: CompanyPaperImages = {
  kind: "business_licence",
  file_name: "营业执照.jpg",
  format: "image/jpeg",
  pages: ["/api/fixture/licence.svg"],
  created_at: "2026-11-20T02:10:00Z",
};

export function detail(more: Partial<QualificationDetail> = {}): QualificationDetail {
  const { basics, contact } = file();
  return {
    company: COMPANY,
    version: 7,
    name: basics.name,
    credit_code: basics.credit_code,
    legal_representative: basics.legal_representative,
    legal_representative_id: basics.legal_representative_id ?? null,
    registered_address: basics.registered_address,
    contact,
    storefront: "mall",
    state: "submitted",
    refusals: [],
    submitted_at: "2026-11-20T02:12:00Z",
    claimed: false,
    mine: false,
    papers: [images],
    rivals: [],
    history: history.events,
    ...more,
  };
}

export function recoveryRow(more: Partial<RecoveryRow> = {}): RecoveryRow {
  return {
    recovery: RECOVERY,
    company_name: session.company_name,
    credit_code: session.credit_code,
    submitted_at: "2026-11-20T03:00:00Z",
    approvals: 0,
    decided_by_me: false,
    ...more,
  };
}

export const recoveryQueue: RecoveryQueue = {
  recoveries: [
    recoveryRow(),
    recoveryRow({
      recovery: "rc_01hzzzzzzzzzzzzzzzzzzzzzz1",
      company_name: "上海另一家科技股份有限公司",
      approvals: 1,
      decided_by_me: true,
    }),
  ],
  cursor: null,
};

export function recovery(state: RecoveryState = "submitted", more: Partial<RecoveryDetail> = {}): RecoveryDetail {
  return {
    row: recoveryRow(),
    state,
    contact: { name: "周新", mobile: "13900139000", mail: "new@example.com" },
    papers: [
      images,
      { ...images, kind: "authorisation_letter", file_name: "授权书.pdf", format: "application/pdf", pages: [] },
      { ...images, kind: "legal_representative_id", file_name: "身份证.png", pages: ["/api/fixture/id.svg"] },
    ],
    company: {
      company: COMPANY,
      name: session.company_name,
      credit_code: session.credit_code,
      legal_representative: "王建国",
      contact: session.contact,
      qualification: "approved",
    },
    decisions: [],
    object_until: null,
    ...more,
  };
}
