/** China's time, without summer time since 1991. */
const CHINA_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;

function inChina(timestamp: string): Date {
  return new Date(Date.parse(timestamp) + CHINA_MS);
}

/** The same time of day so many months later, or on the last day of a month that is too short. */
function later(from: Date, months: number): number {
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + months];
  const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const time = from.getTime() % DAY_MS;
  return Date.UTC(year, month, Math.min(from.getUTCDate(), length)) + time;
}

/**
 * Whole calendar months from one time to another, and the days beyond them, counted in China's days as the server counts
 * for the credit (`domain::credit`). Nothing when the second is not later.
 */
export function remaining(from: string, to: string): { months: number; days: number } {
  const [begin, end] = [inChina(from), inChina(to).getTime()];
  if (!(end > begin.getTime())) {
    return { months: 0, days: 0 };
  }
  const until = new Date(end);
  let months = (until.getUTCFullYear() - begin.getUTCFullYear()) * 12 + until.getUTCMonth() - begin.getUTCMonth();
  if (later(begin, months) > end) {
    months -= 1;
  }
  return { months, days: Math.floor((end - later(begin, months)) / DAY_MS) };
}
