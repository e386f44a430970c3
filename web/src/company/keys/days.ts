/** The colour of the days that a certificate still holds: green with time, amber from 90 on, red from 30 on and once it has ended. */
export function toneOf(days: number | null | undefined): "done" | "yours" | "attention" {
  return typeof days !== "number" || days <= 30 ? "attention" : days <= 90 ? "yours" : "done";
}
