/** How long a certificate still holds, in days of China. */
const CHINA_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;

const dayOf = (at: number): number => Math.floor((at + CHINA_MS) / DAY_MS);

/** Days until the one on which it ends: 0 on that day, nothing once it has ended. */
export function daysLeft(notAfter: string, now: number): number | undefined {
  const end = Date.parse(notAfter);
  return end > now ? dayOf(end) - dayOf(now) : undefined;
}

/** Green with time, amber from 90 days on, red from 30 days on and once it has ended. */
export function toneOf(days: number | undefined): "done" | "yours" | "attention" {
  return days === undefined || days <= 30 ? "attention" : days <= 90 ? "yours" : "done";
}
