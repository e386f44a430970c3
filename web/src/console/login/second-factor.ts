/** The digits of the second factor, as people type and paste them. */
export const SIX_DIGITS = /^\d{6}$/;

/** Only digits: apps show them with a blank in the middle. */
export function asDigits(typed: string): string {
  return typed.normalize("NFKC").replace(/\D/g, "").slice(0, 6);
}
