/**
 * First use of a key and login by key: what the contract does not have yet. Everything provisional stands here, so that
 * it gives way to `schema.ts` in one place: {@link KeyToActivate}, {@link toActivate} and {@link Provisional}.
 */
import type { Client } from "openapi-fetch";

import { offerOperation } from "./agent";
import { answered, api } from "./client";
import type { CodeRequest, CodeSent, KeyList, Medium, Problem, SessionView, TicketRequest, TicketView } from "./schema";

/** A key that was handed over, and that nobody has used yet. PROVISIONAL: to be in `schema.ts`. */
export interface KeyToActivate {
  /** The token's own serial number. */
  serial: string;
  medium: Medium;
  /** Where it came from. */
  order: string;
  line: number;
  unit: number;
}

/** PROVISIONAL: the field `to_activate` of `KeyList`. */
export function toActivate(list: KeyList & { to_activate?: KeyToActivate[] }): KeyToActivate[] {
  return list.to_activate ?? [];
}

interface Posted<Body, Answer, Status extends number> {
  post: {
    parameters: Record<string, never>;
    requestBody: { content: { "application/json": Body } };
    responses: Record<Status, { content: { "application/json": Answer } }> & {
      default: { content: { "application/problem+json": Problem } };
    };
  };
}

/** PROVISIONAL: routes that `schema.ts` does not have yet. */
interface Provisional {
  "/api/activations": Posted<{ password: string }, CodeSent, 201>;
  "/api/session/key-login": Posted<Record<string, never>, TicketView, 201>;
  "/api/session/key": Posted<{ operation: string; code: string }, SessionView, 200>;
}

const provisional = api as unknown as Client<Provisional>;

/** Sends the code with which a key is activated. */
export const askActivationCode = (password: string) =>
  answered(provisional.POST("/api/activations", { body: { password } }));

/** The code of {@link askActivationCode}, as it is sent back. */
export interface ActivationCode extends CodeRequest {
  id: string;
}

/** Gives the ticket with which a key is activated. PROVISIONAL: the field `code` of `TicketRequest`. */
export function offerActivation(serial: string, code: ActivationCode) {
  const body: TicketRequest & { code: ActivationCode } = { verb: "activate", key_serial: serial, code };
  return offerOperation(body);
}

/** Gives a ticket that logs this browser in, once the agent's window has come back to {@link enterByKey}. */
export const offerKeyLogin = () => answered(provisional.POST("/api/session/key-login", { body: {} }));

/** Opens the session of who showed a key: only in the browser that began. */
export const enterByKey = (operation: string, code: string) =>
  answered(provisional.POST("/api/session/key", { body: { operation, code } }));
