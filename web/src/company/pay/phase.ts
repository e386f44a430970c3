import type { PaymentView } from "../../api/schema";

/** What the pay page has to show. */
export type Phase =
  /** The money is there. */
  | "paid"
  /** No QR code was ever made. */
  | "none"
  /** The gateway is being asked for one. */
  | "making"
  /** One can be scanned. */
  | "scan"
  /** The last one cannot be scanned any more; another may be made. */
  | "expired"
  /** The time to pay is over. */
  | "over";

/** Where a payment stands at `now`, the server's time in milliseconds. */
export function paymentPhase(view: PaymentView, now: number, ended: boolean): Phase {
  if (view.paid) {
    return "paid";
  }
  if (ended || (view.pay_by && now >= Date.parse(view.pay_by))) {
    return "over";
  }
  const { attempt } = view;
  if (!attempt) {
    return "none";
  }
  if (attempt.state === "creating") {
    return "making";
  }
  return attempt.qr && now < Date.parse(attempt.qr_expires_at) ? "scan" : "expired";
}
