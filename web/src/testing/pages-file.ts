/** The pages of a company's file and of the reviewer's desk for companies, with answers to show them by. */
import { session, staff } from "./fixtures";
import * as fixture from "./fixtures-file";
import type { PageFixture } from "./pages";

const loggedIn = { "GET /api/session": session };
const reviewer = { "GET /api/console/session": staff("reviewer") };
const company = `/api/console/qualifications/${fixture.COMPANY}`;
const recovery = `/api/console/recoveries/${fixture.RECOVERY}`;

export const pagesFile: PageFixture[] = [
  { name: "company", path: "/company", answers: { ...loggedIn, "GET /api/company": fixture.file() } },
  {
    name: "company-new",
    path: "/company",
    answers: {
      "GET /api/session": { ...session, qualification: "open" },
      "GET /api/company": fixture.file("open", {
        basics: {
          ...fixture.file().basics,
          legal_representative: "",
          legal_representative_id: null,
          registered_address: "",
          phone: "",
        },
        invoice_titles: [],
        addresses: [],
        frozen_until: "2026-11-21T12:00:00Z",
      }),
    },
  },
  {
    name: "company-limited",
    path: "/company",
    answers: {
      "GET /api/session": { ...session, level: "limited" },
      "GET /api/company": fixture.file("open", { superseded: true }),
    },
  },
  { name: "company-broken", path: "/company", answers: loggedIn },
  {
    name: "company-people",
    path: "/company/people",
    answers: { ...loggedIn, "GET /api/company/people": fixture.people },
  },
  {
    name: "company-history",
    path: "/company/history",
    answers: { ...loggedIn, "GET /api/company/history": fixture.history },
  },
  {
    name: "company-history-empty",
    path: "/company/history",
    answers: { ...loggedIn, "GET /api/company/history": { events: [] } },
  },
  ...(["open", "submitted", "changes_requested", "approved"] as const).map((state) => ({
    name: `company-qualification-${state}`,
    path: "/company/qualification",
    answers: {
      "GET /api/session": { ...session, qualification: state },
      "GET /api/company": fixture.file(state),
    },
  })),
  {
    name: "console-companies",
    path: "/console/companies",
    answers: { ...reviewer, "GET /api/console/qualifications": fixture.companyQueue },
  },
  {
    name: "console-companies-empty",
    path: "/console/companies",
    answers: { ...reviewer, "GET /api/console/qualifications": { companies: [], cursor: null } },
  },
  {
    name: "console-company",
    path: `/console/companies/${fixture.COMPANY}`,
    answers: { ...reviewer, [`GET ${company}`]: fixture.detail({ refusals: fixture.refusals }) },
  },
  {
    name: "console-company-mine",
    path: `/console/companies/${fixture.COMPANY}`,
    answers: {
      ...reviewer,
      [`GET ${company}`]: fixture.detail({ claimed: true, mine: true, rivals: [fixture.rival] }),
    },
  },
  {
    name: "console-company-owned",
    path: `/console/companies/${fixture.COMPANY}`,
    answers: {
      ...reviewer,
      [`GET ${company}`]: fixture.detail({
        claimed: true,
        mine: true,
        rivals: [{ ...fixture.rival, state: "approved" }],
      }),
    },
  },
  {
    name: "console-recoveries",
    path: "/console/recoveries",
    answers: { ...reviewer, "GET /api/console/recoveries": fixture.recoveryQueue },
  },
  {
    name: "console-recovery",
    path: `/console/recoveries/${fixture.RECOVERY}`,
    answers: { ...reviewer, [`GET ${recovery}`]: fixture.recovery() },
  },
  {
    name: "console-recovery-second",
    path: `/console/recoveries/${fixture.RECOVERY}`,
    answers: {
      ...reviewer,
      [`GET ${recovery}`]: fixture.recovery("submitted", {
        row: fixture.recoveryRow({ approvals: 1, decided_by_me: true }),
        company: null,
        decisions: [{ staff_name: "韩梅梅", at: "2026-11-20T06:00:00Z", approve: true, note: "三份资料齐全。" }],
      }),
    },
  },
  {
    name: "console-recovery-waiting",
    path: `/console/recoveries/${fixture.RECOVERY}`,
    answers: {
      ...reviewer,
      [`GET ${recovery}`]: fixture.recovery("waiting", { object_until: "2026-11-22T06:00:00Z" }),
    },
  },
];
