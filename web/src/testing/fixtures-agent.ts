/** Answers about what the agent beside a key does. Never part of the site. */
import type { KeyToActivate } from "../api/keys";
import type { KeyRead, KeyView, Obstacle, OperationView, TicketView } from "../api/schema";
import * as fixture from "./fixtures-ordering";

export const OPERATION = "op_01hzzzzzzzzzzzzzzzzzzzzzz1";
export const ADDRESS = "http://127.0.0.1:27415/#eyJhbGciOiJFUzI1NiJ9.e30.c2ln";

/** The reading of the time left on the old key, offered a minute ago. */
export function operation(more: Partial<OperationView> = {}): OperationView {
  return {
    id: OPERATION,
    verb: "inspect",
    key_serial: fixture.old.serial,
    state: "offered",
    expired: false,
    expires_at: "2026-11-21T01:49:00Z",
    agent: null,
    obstacle: null,
    contested_at: null,
    read: null,
    ended_at: null,
    ...more,
  };
}

export const ticket: TicketView = { operation: operation(), address: ADDRESS };
export const expired = operation({ expired: true });
export const claimed = operation({ state: "claimed", agent: { version: "0.1.0", system: "linux x86_64" } });
export const hindered = (obstacle: Obstacle, more: Partial<OperationView> = {}) =>
  operation({ ...claimed, obstacle, ...more });
export const givenUp = operation({ ...claimed, state: "rolled_back", ended_at: "2026-11-21T01:40:00Z" });

const readOf = ({ serial, medium, certificate_serial, not_after }: KeyView): KeyRead => ({
  serial,
  medium,
  certificate_serial,
  not_after,
});

export const done = operation({
  ...claimed,
  state: "done",
  read: readOf(fixture.old),
  ended_at: "2026-11-21T01:40:00Z",
});
export const tested = operation({
  ...done,
  verb: "test",
  key_serial: fixture.soon.serial,
  read: readOf(fixture.soon),
});

/** A key that was handed over. */
export const newKey: KeyToActivate = {
  serial: "BJ20261100001",
  medium: "bjca",
  order: "202611210935190042",
  line: 1,
  unit: 1,
  not_after: "2027-11-21T15:59:59Z",
  handed_at: "2026-11-20T02:00:00Z",
  replaces: null,
};
export const activating = operation({ verb: "activate", key_serial: newKey.serial });
export const activation: TicketView = { operation: activating, address: ADDRESS };
export const activated = operation({
  ...done,
  verb: "activate",
  key_serial: newKey.serial,
  read: { ...readOf(fixture.soon), serial: newKey.serial, not_after: "2027-11-21T15:59:59Z" },
});
export const pinChanged = operation({ ...tested, verb: "change_pin" });
export const loggingIn: TicketView = { operation: operation({ verb: "login", key_serial: null }), address: ADDRESS };

/** The credit of what {@link done} read: 1 year 7 months 29 days, of which a year is carried over. */
export const upgradePrice = fixture.price({
  credit: {
    ...fixture.credit,
    months_left: 19,
    days_left: 29,
    days_in_month: 31,
    worth: "158.71",
    amount: "158.71",
  },
  amount: "201.29",
});
