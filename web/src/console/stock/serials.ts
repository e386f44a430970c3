/** What was typed or scanned as serial numbers of keys, and what is wrong with it. The limits of `domain::stock`. */

export const MOST_AT_ONCE = 25;
const SERIAL = /^[A-Za-z0-9-]{1,32}$/;

/** The serial numbers in a text, in its order: one a line, or with blanks or commas between. */
export function serialsIn(text: string): string[] {
  return text
    .normalize("NFKC")
    .split(/[\s,;、，；]+/)
    .filter((serial) => serial !== "");
}

export type SerialsProblem =
  | { kind: "none" }
  | { kind: "many"; count: number }
  /** Those that no token can have. */
  | { kind: "bad"; serials: string[] }
  /** Those that are there more than once. */
  | { kind: "twice"; serials: string[] };

/** The first thing to put right; undefined when they can be sent. */
export function problemOf(serials: readonly string[]): SerialsProblem | undefined {
  if (serials.length === 0) {
    return { kind: "none" };
  }
  const bad = serials.filter((serial) => !SERIAL.test(serial));
  if (bad.length > 0) {
    return { kind: "bad", serials: [...new Set(bad)] };
  }
  const twice = serials.filter((serial, place) => serials.indexOf(serial) !== place);
  if (twice.length > 0) {
    return { kind: "twice", serials: [...new Set(twice)] };
  }
  return serials.length > MOST_AT_ONCE ? { kind: "many", count: serials.length } : undefined;
}
