/** Times of Asia/Shanghai as a field of type `datetime-local` holds them: `2026-12-01T08:00`. China has one time all year. */
const AHEAD_MS = 8 * 60 * 60_000;

/** The moment that a field names; nothing for a text that names none. */
export function momentOf(field: string): string | undefined {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(field) ? Date.parse(`${field}:00+08:00`) : Number.NaN;
  return Number.isNaN(at) ? undefined : stamp(at);
}

/** A moment as the API writes it, to the second. */
export function stamp(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}

/** What a field shows for a moment. */
export function fieldOf(at: number): string {
  return new Date(at + AHEAD_MS).toISOString().slice(0, 16);
}

/** The beginning of the next day in China, where plans mostly begin. */
export function tomorrow(now: number): string {
  return `${fieldOf(now + 24 * 60 * 60_000).slice(0, 10)}T00:00`;
}
