/** Days of Asia/Shanghai, as the audit counts them. */
const DAY_MS = 24 * 60 * 60_000;

/** So many days at most, in one question or one file. */
export const MOST_DAYS = 31;

const format = new Intl.DateTimeFormat("en-CA", {
  timeZone: "Asia/Shanghai",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
});

/** The day so many days ago, `2026-11-22`. */
export function dayAgo(days: number, now = Date.now()): string {
  return format.format(new Date(now - days * DAY_MS));
}

export type DaysProblem = "missing" | "order" | "many";

/** What is wrong with a range of days, if anything. */
export function daysProblem(from: string, to: string): DaysProblem | undefined {
  if (from === "" || to === "") {
    return "missing";
  }
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  return days < 1 ? "order" : days > MOST_DAYS ? "many" : undefined;
}
