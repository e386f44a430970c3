import type { PaymentMethod, PaymentPhase, PaymentView } from "../../api/schema";

/** What the pay page has to show. */
export type Shown =
  | Exclude<PaymentPhase, "choose">
  /** The payer chooses how to pay. */
  | "choose"
  /** The last code is over and brought nothing; another may be made. */
  | "expired"
  /** There is one way to pay, no code yet and nothing to confirm: it is asked for without a click. */
  | "begin";

/** What to show at `now`, the server's time in milliseconds. */
export function shownPhase({ phase, attempt, methods, confirm }: PaymentView, now: number): Shown {
  switch (phase) {
    case "choose":
      if (attempt && !attempt.disposition) {
        return "expired";
      }
      return methods.length === 1 && !attempt && !confirm ? "begin" : "choose";
    case "scan":
      // The code ran out since the last answer: the next one tells what became of it.
      return attempt?.qr && now < Date.parse(attempt.qr_expires_at) ? "scan" : "confirming";
    case "preparing":
    case "paying":
    case "confirming":
    case "paid":
    case "ended":
      return phase;
  }
}

/** The way to pay that is marked until the payer chooses: that of the last code, or the first one. */
export function preselected({ attempt, methods }: PaymentView): PaymentMethod | undefined {
  return methods.find((method) => method === attempt?.method) ?? methods[0];
}

const FAST_MS = 2_000;
const SLOW_MS = 5_000;
const HIDDEN_MS = 15_000;
/** How long a code may be looked at before the page asks less often. */
const PATIENCE_MS = 3 * 60_000;

/**
 * How long until the page asks again. Nobody looks at a hidden one, but whoever pays on this very phone comes back to
 * it; and few pay late.
 */
export function pollPause(lookedFor: number, hidden: boolean): number {
  return hidden ? HIDDEN_MS : lookedFor < PATIENCE_MS ? FAST_MS : SLOW_MS;
}

/**
 * The minutes left as they are said aloud: each five minutes, in the last five each minute, 0 for less than one. Seconds
 * are for the eye only.
 */
export function minutesSaid(left: number): number {
  const minutes = left < 60_000 ? 0 : Math.ceil(left / 60_000);
  return minutes <= 5 ? minutes : Math.max(5, Math.round(minutes / 5) * 5);
}
