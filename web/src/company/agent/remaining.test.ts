import { expect, test } from "vitest";

import { remaining } from "./remaining";

test.each([
  // A year and a day, by China's days: 23:59:59 there.
  ["2026-11-21T01:40:00Z", "2028-07-20T15:59:59Z", 19, 29],
  ["2026-11-21T01:40:00Z", "2027-11-21T01:40:00Z", 12, 0],
  ["2026-11-21T01:40:00Z", "2027-11-21T01:39:59Z", 11, 30],
  // From the last day of a long month: the month that is too short ends on its own last day.
  ["2027-01-31T02:00:00Z", "2027-02-28T02:00:00Z", 1, 0],
  ["2027-01-31T02:00:00Z", "2027-03-01T02:00:00Z", 1, 1],
  ["2028-01-31T02:00:00Z", "2028-02-29T02:00:00Z", 1, 0],
  // Still the 30th in UTC, the 31st in China.
  ["2027-01-30T17:00:00Z", "2027-02-27T17:00:00Z", 1, 0],
  ["2026-11-21T01:40:00Z", "2026-11-21T15:59:59Z", 0, 0],
  ["2026-11-21T01:40:00Z", "2026-11-21T01:40:00Z", 0, 0],
  ["2026-11-21T01:40:00Z", "2025-01-01T00:00:00Z", 0, 0],
  ["never", "2025-01-01T00:00:00Z", 0, 0],
])("from %s to %s", (from, to, months, days) => {
  expect(remaining(from, to)).toEqual({ months, days });
});
