/** What the agent does with a key, in every way that it may stand, with answers to show it by. */
import type { OperationView } from "../api/schema";
import { session } from "./fixtures";
import { bound, human, sent } from "./fixtures-access";
import { file } from "./fixtures-file";
import * as agent from "./fixtures-agent";
import * as fixture from "./fixtures-ordering";
import type { PageFixture } from "./pages";

const base = {
  "GET /api/session": session,
  "GET /api/company": file(),
  "GET /api/catalog/mall": fixture.mall,
  "GET /api/keys": { keys: [fixture.old, fixture.soon] },
};
const following = (name: string, operation: OperationView, more: Record<string, unknown> = {}): PageFixture => ({
  name: `agent-${name}`,
  path: `/keys?operation=${agent.OPERATION}`,
  answers: { ...base, [`GET /api/operations/${agent.OPERATION}`]: operation, ...more },
});
const upgrade = (price = agent.upgradePrice) => ({
  "GET /api/keys": { keys: [fixture.inspected, fixture.soon] },
  "POST /api/quotes": fixture.quoteOf("200.00", price),
});

/** A key that was handed over stands before the others. */
const waiting = { "GET /api/keys": { keys: [fixture.soon], to_activate: [agent.newKey] } };

export const pagesAgent: PageFixture[] = [
  {
    ...following("ready", agent.operation(), { "POST /api/operations": agent.ticket }),
    path: "/keys",
    press: ["[data-verb=inspect]"],
  },
  { ...following("no-ticket", agent.operation()), path: "/keys", press: ["[data-verb=test]"] },
  following("adrift", agent.operation()),
  following("expired", agent.expired),
  following("claimed", agent.claimed),
  following("wrong-key", agent.hindered("wrong_key", { contested_at: "2026-11-21T01:38:00Z" })),
  following("pin-locked", agent.hindered("pin_locked")),
  following("pin-locked-limited", agent.hindered("pin_locked"), {
    "GET /api/session": { ...session, level: "limited" },
  }),
  following("no-module", agent.hindered("no_module")),
  following("given-up", agent.givenUp),
  following("inspected", agent.done, upgrade()),
  following("inspected-loss", agent.done, upgrade(fixture.lossPrice)),
  following("tested", agent.tested),
  {
    ...following("activate", agent.activating),
    path: "/keys",
    answers: {
      ...base,
      "GET /api/keys": { keys: [], to_activate: [{ ...agent.newKey, replaces: fixture.lost.serial }] },
    },
    press: ["[data-verb=activate]", "form .ant-btn-primary"],
  },
  { ...following("to-activate", agent.activating), path: "/keys", answers: { ...base, ...waiting } },
  {
    ...following("only-to-activate", agent.activating),
    path: "/keys",
    answers: { ...base, ...waiting, "GET /api/keys": { keys: [], to_activate: [agent.newKey] } },
  },
  {
    ...following("activate-code", agent.activating),
    path: "/keys",
    answers: { ...base, ...waiting, "POST /api/activations": sent() },
    press: ["[data-verb=activate]", ["input[type=password]", "a sentence to remember"], "form .ant-btn-primary"],
  },
  following("activating", agent.activating, waiting),
  following("activating-expired", agent.operation({ ...agent.activating, expired: true }), waiting),
  following(
    "activating-locked",
    agent.hindered("pin_locked", { verb: "activate", key_serial: agent.newKey.serial }),
    waiting,
  ),
  following("activated", agent.activated, waiting),
  following("pin-changed", agent.pinChanged),
  {
    name: "login-by-key",
    path: "/login?by=key",
    answers: { ...human, "POST /api/session/key-login": agent.loggingIn },
  },
  {
    name: "login-by-key-expired",
    path: "/counter/login?by=key",
    answers: {
      ...human,
      "POST /api/session/key-login": {
        ...agent.loggingIn,
        operation: { ...agent.loggingIn.operation, expired: true },
      },
    },
  },
  {
    name: "login-bound",
    path: "/login",
    answers: { ...human, "POST /api/session": bound },
    press: [
      ["#name", "shili"],
      ["input[type=password]", "a sentence to remember"],
      "form .ant-btn-primary",
      "[autocomplete=one-time-code]",
    ],
  },
  { name: "login-by-key-broken", path: "/login?by=key", answers: human },
  { name: "login-key", path: "/login/key", answers: {} },
  { name: "login-key-refused", path: `/login/key#${agent.OPERATION}.abc`, answers: {} },
  {
    name: "agent-in-order",
    path: "/order/new?sku=upgrade-1y",
    answers: {
      ...base,
      [`GET /api/operations/${agent.OPERATION}`]: agent.operation(),
      "POST /api/operations": agent.ticket,
    },
    press: [`[aria-label$="${fixture.old.serial}"]`],
  },
  { name: "agent-help", path: "/help/agent", answers: {} },
];
