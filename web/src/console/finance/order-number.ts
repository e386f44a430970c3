/** The order that a number names: its own, or that of a payment (`…_1`) or a refund (`…_R1`). */
export function orderOf(text: string): string | undefined {
  return /^(\d{18})(?:_R?\d{1,9})?$/.exec(text.replace(/\s/g, ""))?.[1];
}
