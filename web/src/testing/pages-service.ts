/** Renewal and unlock from a paid order, in every way that they may stand, and the keys that wait for them. */
import type { OperationView, OrderView } from "../api/schema";
import { history, order, session } from "./fixtures";
import * as agent from "./fixtures-agent";
import { inspected, key, lost, mall, quoteOf, upgradePrice } from "./fixtures-ordering";
import { unlockOrder } from "./fixtures-orders";
import * as own from "./fixtures-service";
import type { PageFixture } from "./pages";

const ORDER = order("draft").id;
const one = `/api/orders/${ORDER}`;
const base = (view: OrderView) => ({
  "GET /api/session": session,
  "GET /api/catalog/mall": mall,
  "GET /api/keys": { keys: [own.ownKey], to_activate: [] },
  [`GET ${one}`]: view,
  [`GET ${one}/history`]: {
    events: [
      ...history.slice(0, 3),
      {
        seq: 90,
        at: "2026-11-21T01:38:00Z",
        by: "company",
        event: "service_begun",
        from: "",
        to: "",
        line: 1,
        unit: 1,
        refusals: [],
        note: own.SERIAL,
      },
    ],
  },
});

/** The panel, as after a reload. */
const following = (name: string, view: OrderView, operation: OperationView): PageFixture => ({
  name: `service-${name}`,
  path: `/orders/${ORDER}?operation=${agent.OPERATION}`,
  answers: { ...base(view), [`GET /api/operations/${agent.OPERATION}`]: operation },
});
const renewing = (name: string, operation: OperationView) => following(name, own.renewalOrder, operation);
const unlocking = (name: string, operation: OperationView) => following(name, unlockOrder, operation);
const page = (name: string, view: OrderView, more: Partial<PageFixture> = {}): PageFixture => ({
  name: `service-${name}`,
  path: `/orders/${ORDER}`,
  ...more,
  answers: { ...base(view), ...more.answers },
});

export const pagesService: PageFixture[] = [
  page("renewal", own.renewalOrder),
  page("two-renewals", own.twoRenewals),
  page("renew-ready", own.renewalOrder, {
    press: ["[data-service]"],
    answers: {
      [`POST ${one}/lines/1/operations`]: own.renewal,
      [`GET /api/operations/${agent.OPERATION}`]: own.renewing,
    },
  }),
  renewing("renew-adrift", own.renewing),
  renewing("renew-expired", { ...own.renewing, expired: true }),
  renewing("renew-claimed", own.renewingClaimed),
  renewing("renew-contested", { ...own.renewingClaimed, contested_at: "2026-11-21T01:38:00Z" }),
  renewing("renew-wrong-key", own.renewingHindered("wrong_key")),
  renewing("renew-pin-locked", own.renewingHindered("pin_locked")),
  renewing("renew-key-full", own.renewingHindered("key_full")),
  renewing("renew-given-up", own.renewingGivenUp),
  following("renewed", own.renewedOrder, own.renewed),
  page("unlock-who", unlockOrder, { press: ["[data-service]"] }),
  page("unlock-who-wrong", unlockOrder, {
    press: ["[data-service]", ["input[type=password]", "11010519491231002"], "form .ant-btn-primary"],
  }),
  page("unlock-ready", unlockOrder, {
    press: ["[data-service]", ["input[type=password]", "11010519491231002X"], "form .ant-btn-primary"],
    answers: {
      [`POST ${one}/lines/1/operations`]: own.unlock,
      [`GET /api/operations/${agent.OPERATION}`]: own.unlocking,
    },
  }),
  unlocking("unlock-code", own.unlockingClaimed),
  unlocking("unlock-confirmed", own.unlockingConfirmed),
  unlocking("unlock-lost", { ...own.unlockingConfirmed, obstacle: "so_pin_locked" }),
  unlocking("unlock-lost-over", { ...own.unlockingGivenUp, obstacle: "so_pin_unknown" }),
  unlocking("unlock-given-up", own.unlockingGivenUp),
  unlocking("unlocked", own.unlocked),
  {
    name: "keys-left",
    path: "/keys",
    answers: {
      ...base(own.renewalOrder),
      "GET /api/orders": { orders: [own.waitingRow], cursor: null },
      "GET /api/keys": {
        keys: [
          key("BJ20260800005", { not_after: "2027-08-01T15:59:59Z" }),
          key("BJ20260100006", { not_after: "2027-01-10T15:59:59Z" }),
          own.ownKey,
          key("BJ20251100009", { not_after: "2026-11-21T15:59:59Z" }),
          { ...own.noEscrow, serial: "BJ20251000010", state: "expired", not_after: "2026-10-01T15:59:59Z" },
        ],
        to_activate: [],
      },
    },
  },
  {
    // What cannot be done for good, and what can be done instead.
    name: "keys-instead",
    path: "/keys",
    answers: {
      ...base(own.renewalOrder),
      "GET /api/keys": {
        keys: [
          own.noEscrow,
          inspected,
          key("BJ20251000010", {
            state: "expired",
            not_after: "2026-10-01T15:59:59Z",
            services: own.ownKey.services.map((one) =>
              one.kind === "unlock" || one.kind === "replacement" ? { ...one, refused: "expired" } : one,
            ),
          }),
          key("BJ20250900011", {
            state: "revoked",
            services: own.ownKey.services.map((one) => ({ ...one, refused: "revoked" as const })),
          }),
        ],
        to_activate: [],
      },
      "POST /api/quotes": quoteOf("200.00", upgradePrice),
    },
  },
  {
    // Reported, with a renewal that is paid and a replacement on its way.
    name: "keys-reported",
    path: "/keys",
    answers: {
      ...base(own.renewalOrder),
      "GET /api/keys": { keys: [{ ...lost, serial: own.SERIAL }, lost], to_activate: [] },
      "GET /api/orders": { orders: [own.waitingRow, own.replacingRow], cursor: null },
      [`GET /api/orders/${own.replacingOrder.id}`]: own.replacingOrder,
    },
  },
  {
    name: "keys-report",
    path: "/keys",
    answers: base(own.renewalOrder),
    press: ["[data-report]"],
  },
  {
    name: "keys-report-done",
    path: "/keys",
    answers: {
      ...base(own.renewalOrder),
      [`POST /api/keys/${own.SERIAL}/loss`]: {
        ...lost,
        serial: own.SERIAL,
        suspended: { reason: "lost", at: "2026-11-21T01:40:00Z" },
      },
    },
    press: ["[data-report]", ".ant-modal-footer .ant-btn-primary"],
  },
  page("named-line", own.twoRenewals, { path: `/orders/${ORDER}#line-2` }),
  page("named-only", own.renewalOrder, { path: `/orders/${ORDER}#line-1` }),
  {
    name: "keys-found",
    path: "/keys",
    answers: { ...base(own.renewalOrder), "GET /api/keys": { keys: [lost], to_activate: [] } },
    press: ["[data-found]"],
  },
  {
    name: "keys-found-done",
    path: "/keys",
    answers: {
      ...base(own.renewalOrder),
      "GET /api/keys": { keys: [lost], to_activate: [] },
      [`POST /api/keys/${lost.serial}/found`]: key(lost.serial),
    },
    press: ["[data-found]", ".ant-modal-footer .ant-btn-primary"],
  },
];
