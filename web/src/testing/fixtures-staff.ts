/** Answers of the API about unbinding, new contacts, staff and the audit. Typed by the contract; never part of the site. */
import type {
  AuditPage,
  AuditRow,
  BranchList,
  InviteView,
  ObjectionKind,
  ObjectionView,
  RecoveryView,
  StaffList,
  StaffRequestList,
  StaffRequestView,
  StaffSessionList,
  StaffView,
} from "../api/schema";
import { session } from "./fixtures";
import { sent } from "./fixtures-access";

export const BRANCH = "br_01hzzzzzzzzzzzzzzzzzzzzzz1";

export function recovery(more: Partial<RecoveryView> = {}): RecoveryView {
  return {
    id: "rc_01hzzzzzzzzzzzzzzzzzzzzzzz",
    state: "draft",
    company_name: session.company_name,
    credit_code: session.credit_code,
    contact: { name: "韩**", mobile: "139****9000", mail: "h****@example.com" },
    confirmed: false,
    mobile_code: sent(),
    mail_code: { ...sent("mail"), code: "od_01hzzzzzzzzzzzzzzzzzzzzzz2", to: "h****@example.com" },
    papers: [],
    refused_because: "",
    object_until: null,
    created_at: "2026-11-21T01:30:00Z",
    submitted_at: null,
    ...more,
  };
}

export const confirmed = recovery({ confirmed: true, mobile_code: null, mail_code: null });

export const recoveryPapers: RecoveryView["papers"] = [
  {
    id: "pa_01hzzzzzzzzzzzzzzzzzzzzzz1",
    kind: "business_licence",
    file_name: "营业执照.jpg",
    created_at: "2026-11-21T01:35:00Z",
  },
  {
    id: "pa_01hzzzzzzzzzzzzzzzzzzzzzz2",
    kind: "legal_representative_id",
    file_name: "身份证人像面.jpg",
    created_at: "2026-11-21T01:36:00Z",
  },
];

export function handedIn(state: RecoveryView["state"], more: Partial<RecoveryView> = {}): RecoveryView {
  return { ...confirmed, state, papers: recoveryPapers, submitted_at: "2026-11-21T01:38:00Z", ...more };
}

export function objection(kind: ObjectionKind): ObjectionView {
  return { kind, company_name: session.company_name, expires_at: "2026-11-22T01:30:00Z" };
}

export const invite: InviteView = {
  name: "赵小刚",
  mail: "zhao.xiaogang@sealkey.example",
  secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
  otpauth:
    "otpauth://totp/Sealkey:zhao.xiaogang@sealkey.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Sealkey",
  expires_at: "2026-11-24T01:30:00Z",
};

export function person(more: Partial<StaffView> = {}): StaffView {
  return {
    id: "st_01hzzzzzzzzzzzzzzzzzzzzzz1",
    name: "李卫东",
    mail: "li.weidong@sealkey.example",
    roles: ["reviewer", "maker"],
    branch: null,
    state: "active",
    you: false,
    created_at: "2026-10-08T02:00:00Z",
    version: 4,
    ...more,
  };
}

export const staffList: StaffList = {
  staff: [
    person({
      id: "st_01hzzzzzzzzzzzzzzzzzzzzzzz",
      name: "韩梅梅",
      mail: "han.meimei@sealkey.example",
      roles: ["admin"],
      you: true,
    }),
    person(),
    person({
      id: "st_01hzzzzzzzzzzzzzzzzzzzzzz2",
      name: "王芳",
      mail: "wang.fang@sealkey.example",
      roles: ["branch"],
      branch: BRANCH,
    }),
    person({
      id: "st_01hzzzzzzzzzzzzzzzzzzzzzz3",
      name: "赵小刚",
      mail: "zhao.xiaogang@sealkey.example",
      roles: ["shipper"],
      state: "invited",
    }),
    person({
      id: "st_01hzzzzzzzzzzzzzzzzzzzzzz4",
      name: "孙立",
      mail: "sun.li@sealkey.example",
      roles: ["support"],
      state: "suspended",
    }),
  ],
};

export function request(more: Partial<StaffRequestView> = {}): StaffRequestView {
  return {
    id: "sr_01hzzzzzzzzzzzzzzzzzzzzzz1",
    change: {
      kind: "invite",
      name: "周明",
      mail: "zhou.ming@sealkey.example",
      roles: ["reviewer"],
      branch: null,
    },
    about: "周明",
    reason: "审核组新同事",
    asked_by: "陈静",
    asked_at: "2026-11-21T01:10:00Z",
    mine: false,
    state: "open",
    decided_by: null,
    decided_at: null,
    ...more,
  };
}

export const requests: StaffRequestList = {
  requests: [
    request(),
    request({
      id: "sr_01hzzzzzzzzzzzzzzzzzzzzzz2",
      change: { kind: "grant", staff: person().id, roles: ["reviewer", "maker", "shipper"], branch: null },
      about: "李卫东",
      reason: "双十一期间支援发货",
      asked_by: "韩梅梅",
      mine: true,
    }),
    request({
      id: "sr_01hzzzzzzzzzzzzzzzzzzzzzz3",
      change: { kind: "reset_second_factor", staff: person().id },
      about: "李卫东",
      reason: "手机丢失",
      state: "approved",
      decided_by: "韩梅梅",
      decided_at: "2026-11-20T03:00:00Z",
    }),
  ],
};

export const branches: BranchList = {
  branches: [
    { id: BRANCH, name: "南京玄武网点", address: "江苏省南京市玄武区中山路 100 号", phone: "025-12345678", version: 2 },
    {
      id: "br_01hzzzzzzzzzzzzzzzzzzzzzz2",
      name: "苏州工业园网点",
      address: "江苏省苏州市工业园区星海街 1 号",
      phone: "0512-87654321",
      version: 1,
    },
  ],
};

const HASH = "9c2f1d4b7a60e35889a1c0b2d3e4f5069c2f1d4b7a60e35889a1c0b2d3e4f506";

function entry(seq: number, action: string, subject: string, detail = ""): AuditRow {
  return {
    staff: person().id,
    staff_name: "李卫东",
    seq,
    at: `2026-11-21T01:${String(10 + seq)}:00Z`,
    action,
    subject,
    detail,
    hash: HASH,
  };
}

export const audit: AuditPage = {
  entries: [
    entry(14, "approved", "order 202611210935190042 line 1"),
    entry(13, "review_claimed", "order 202611210935190042 line 1"),
    entry(12, "qualification_sent_back", "company co_01hzzzzzzzzzzzzzzzzzzzzzzz", "business_licence: unreadable"),
  ],
  cursor: "more",
};

export const ownSessions: StaffSessionList = {
  sessions: [
    {
      id: "se_01hzzzzzzzzzzzzzzzzzzzzzz1",
      current: true,
      level: "full",
      device: "Chrome · Windows",
      address: "203.0.113.7",
      created_at: "2026-11-21T01:30:00Z",
      expires_at: "2026-11-21T09:30:00Z",
    },
    {
      id: "se_01hzzzzzzzzzzzzzzzzzzzzzz2",
      current: false,
      level: "full",
      device: "Edge · Windows",
      address: "203.0.113.9",
      created_at: "2026-11-20T23:12:00Z",
      expires_at: "2026-11-21T07:12:00Z",
    },
  ],
};
