/** First use of a key, and login by key. */
import { offerOperation } from "./agent";
import { answered, api } from "./client";
import type { KeyToActivate, LoginCodeRequest } from "./schema";

export type { KeyToActivate };

/** Sends the code with which a key is activated. */
export const askActivationCode = (password: string) => answered(api.POST("/api/activations", { body: { password } }));

/** Gives the ticket with which a key is activated, for the code of {@link askActivationCode}. */
export const offerActivation = (serial: string, code: LoginCodeRequest) =>
  offerOperation({ verb: "activate", key_serial: serial, code });

/** Gives a ticket that logs this browser in, once the agent's window has come back to {@link enterByKey}. */
export const offerKeyLogin = () => answered(api.POST("/api/session/key-login"));

/** Opens the session of who showed a key: only in the browser that began. */
export const enterByKey = (operation: string, code: string) =>
  answered(api.POST("/api/session/key", { body: { operation, code } }));
