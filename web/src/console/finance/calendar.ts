/** Days and months as they stand in addresses: `2026-11-21`, `2026-11`. */
const DAY_MS = 24 * 60 * 60_000;

/** Is it a day of this century? What is typed digit by digit passes through days of the first. */
export function isDay(text: string): boolean {
  return /^20\d\d-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** So many days later. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

export function isMonth(text: string): boolean {
  return /^20\d\d-(0[1-9]|1[0-2])$/.test(text);
}

/** So many months later. */
export function monthAfter(month: string, months: number): string {
  const all = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 + months;
  return `${String(Math.floor(all / 12))}-${String((all % 12) + 1).padStart(2, "0")}`;
}
