/** Answers about what is done with a key for a paid order. Never part of the site. */
import type { KeyView, LineView, Obstacle, OperationView, OrderView, TicketView } from "../api/schema";
import * as agent from "./fixtures-agent";
import { key } from "./fixtures-ordering";
import { lineOf, orderOf } from "./fixtures-orders";

export const SERIAL = "BJ20251100007";

/** The key of {@link lineOf}, as the list of keys has it. */
export const ownKey: KeyView = key(SERIAL, { not_after: "2026-12-20T15:59:59Z", activated_at: "2025-12-20T02:00:00Z" });

/** Its PIN is locked, and nobody can unlock it. */
export const noEscrow: KeyView = {
  ...ownKey,
  services: ownKey.services.map((one) => (one.kind === "unlock" ? { ...one, refused: "no_escrow" } : one)),
};

const waiting = { units: [], parcel: null } satisfies Partial<LineView>;

export const renewalOrder: OrderView = {
  ...orderOf("awaiting_agent", lineOf("renewal", 1, "awaiting_agent", waiting)),
  total: "280.00",
  can_cancel: true,
};

const namedKey = renewalOrder.lines[0]?.key;
if (!namedKey) {
  throw new Error("a renewal of no key");
}

/** Two keys are renewed in one order. */
export const twoRenewals: OrderView = orderOf(
  "awaiting_agent",
  lineOf("renewal", 1, "awaiting_agent", waiting),
  lineOf("renewal", 2, "awaiting_agent", {
    ...waiting,
    key: { ...namedKey, serial: "BJ20251100008" },
  }),
);

export const renewing = agent.operation({ verb: "renew", key_serial: SERIAL });
export const renewal: TicketView = { operation: renewing, address: agent.ADDRESS };
const claimed: Partial<OperationView> = { state: "claimed", agent: { version: "0.1.0", system: "windows x86_64" } };
export const renewingClaimed: OperationView = { ...renewing, ...claimed };
export const renewingHindered = (obstacle: Obstacle): OperationView => ({ ...renewingClaimed, obstacle });
export const renewingGivenUp: OperationView = {
  ...renewingClaimed,
  state: "rolled_back",
  ended_at: "2026-11-21T01:40:00Z",
};
export const renewed: OperationView = {
  ...renewingClaimed,
  state: "done",
  read: {
    serial: SERIAL,
    medium: "bjca",
    certificate_serial: "77aa6b1d9e2a4750b1c2d3e4f5a60719",
    not_after: "2027-12-20T15:59:59Z",
  },
  ended_at: "2026-11-21T01:40:00Z",
};
export const renewedOrder: OrderView = {
  ...orderOf("completed", lineOf("renewal", 1, "completed", waiting)),
  total: "280.00",
};

export const unlocking = agent.operation({ verb: "unlock", key_serial: SERIAL, confirmed: false });
export const unlock: TicketView = { operation: unlocking, address: agent.ADDRESS };
export const unlockingClaimed: OperationView = { ...unlocking, ...claimed };
export const unlockingConfirmed: OperationView = { ...unlockingClaimed, confirmed: true };
export const unlockingGivenUp: OperationView = {
  ...unlockingClaimed,
  state: "rolled_back",
  ended_at: "2026-11-21T01:40:00Z",
};
export const unlocked: OperationView = {
  ...unlockingConfirmed,
  state: "done",
  read: {
    serial: SERIAL,
    medium: "bjca",
    certificate_serial: ownKey.certificate_serial,
    not_after: ownKey.not_after,
  },
  ended_at: "2026-11-21T01:40:00Z",
};

/** In a list of orders. */
export const waitingRow = {
  id: renewalOrder.id,
  storefront: "mall",
  display: "awaiting_agent",
  items: renewalOrder.lines.map(({ no, product, display }) => ({ line: no, product, quantity: 1, display })),
  total: "280.00",
  created_at: "2026-11-21T01:35:21Z",
  pay_by: null,
} as const;

const replacing = lineOf("replacement", 1, "under_review", {
  units: [],
  parcel: null,
  key: { ...namedKey, reason: "stolen" },
});
/** A replacement of the same key, paid and handed in. */
export const replacingOrder: OrderView = { ...orderOf("under_review", replacing), id: "202611210935190077" };
export const replacingRow = {
  ...waitingRow,
  id: replacingOrder.id,
  display: "under_review",
  items: replacingOrder.lines.map(({ no, product, display }) => ({ line: no, product, quantity: 1, display })),
} as const;
