/** Answers of the API about getting in. Typed by the contract; never part of the site. */
import type { Channel, CodeSent, LoginView, RegistrationView, SessionList, SessionView } from "../api/schema";
import { session } from "./fixtures";

/** A real challenge of protocol 1 with a small number (7), so that a browser solves it at once. */
export const human = {
  "GET /api/challenge": {
    algorithm: "SHA-256",
    // SHA-256 of the salt and the number.
    challenge: "8b0d3e804cb18291f8d13b9d4ae2fee6f7f63ab0d03d1d60ba42dd43c710f8ae",
    maxnumber: 50,
    salt: "5a1f0c3e9b7d2846?expires=1795312200",
    signature: "7d1f0c3e9b7d2846a1b2c3d4e5f607017d1f0c3e9b7d2846a1b2c3d4e5f60701",
  },
};

export function sent(channel: Channel = "sms"): CodeSent {
  return {
    code: "od_01hzzzzzzzzzzzzzzzzzzzzzzz",
    channel,
    to: channel === "sms" ? "138****8000" : "l****@example.com",
    expires_at: "2026-11-22T02:45:00Z",
  };
}

export const registration: RegistrationView = { registration: "rg_01hzzzzzzzzzzzzzzzzzzzzzzz", code: sent() };

/** The session of a bound company that logged in by password and code. */
export const limited: SessionView = { ...session, level: "limited", qualification: "approved" };

/** A login by password of a company that is bound to a key. */
export const bound: LoginView = { session: null, code: sent() };

export const sessions: SessionList = {
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
      level: "limited",
      device: "Safari · iPhone",
      address: "2001:db8:85a3::8a2e:370:7334",
      created_at: "2026-11-20T23:10:00Z",
      expires_at: "2026-11-21T07:10:00Z",
    },
  ],
};
