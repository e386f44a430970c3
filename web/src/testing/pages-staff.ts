/** The pages of unbinding, new contacts, staff and the audit. */
import * as fixture from "./fixtures";
import { human } from "./fixtures-access";
import * as own from "./fixtures-staff";
import type { PageFixture } from "./pages";

const admin = { "GET /api/console/session": fixture.staff("admin") };
const staff = {
  ...admin,
  "GET /api/console/staff": own.staffList,
  "GET /api/console/staff/requests": own.requests,
  "GET /api/console/branches": own.branches,
};

export const pagesStaff: PageFixture[] = [
  { name: "unbind", path: "/unbind", answers: human },
  { name: "recover", path: "/recover", answers: human },
  ...(
    [
      ["codes", own.recovery()],
      ["codes-expired", own.recovery({ mobile_code: null, mail_code: null })],
      ["papers", { ...own.confirmed, papers: own.recoveryPapers }],
      ["submitted", own.handedIn("submitted")],
      ["waiting", own.handedIn("waiting", { object_until: "2026-11-22T01:40:00Z" })],
      ["refused", own.handedIn("refused", { refused_because: "授权书没有加盖公章。" })],
      ["objected", own.handedIn("objected")],
      ["done", own.handedIn("done")],
    ] as const
  ).map(([name, view]) => ({ name: `recover-${name}`, path: "/recover", answers: { "GET /api/recovery": view } })),
  ...(["unbinding", "recovery"] as const).map((kind) => ({
    name: `objection-${kind}`,
    path: "/objection#a-token",
    answers: { "POST /api/objections": own.objection(kind) },
  })),
  { name: "objection-expired", path: "/objection#a-token", answers: {} },
  { name: "objection-no-token", path: "/objection", answers: {} },
  { name: "console-invite", path: "/console/invite#a-token", answers: { "POST /api/console/invites": own.invite } },
  { name: "console-invite-expired", path: "/console/invite#a-token", answers: {} },
  { name: "console-staff", path: "/console/staff", answers: staff },
  {
    name: "console-staff-empty",
    path: "/console/staff",
    answers: {
      ...admin,
      "GET /api/console/staff": { staff: [] },
      "GET /api/console/staff/requests": { requests: [] },
    },
  },
  { name: "console-staff-broken", path: "/console/staff", answers: admin },
  {
    name: "console-staff-forbidden",
    path: "/console/staff",
    answers: { "GET /api/console/session": fixture.staff("maker") },
  },
  {
    name: "console-branches",
    path: "/console/branches",
    answers: { ...admin, "GET /api/console/branches": own.branches },
  },
  {
    name: "console-branches-empty",
    path: "/console/branches",
    answers: { ...admin, "GET /api/console/branches": { branches: [] } },
  },
  {
    name: "console-audit",
    path: "/console/audit",
    answers: { ...staff, "GET /api/console/audit": own.audit },
  },
  {
    name: "console-audit-empty",
    path: "/console/audit",
    answers: { ...staff, "GET /api/console/audit": { entries: [], cursor: null } },
  },
  {
    name: "console-security",
    path: "/console/security",
    answers: { "GET /api/console/session": fixture.staff("branch"), "GET /api/console/sessions": own.ownSessions },
  },
];
