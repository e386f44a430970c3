import { expect, test } from "vitest";

import { daysLeft, toneOf } from "./days";

const now = Date.parse("2026-11-21T01:40:00Z");

test("days are those of China, and the last one counts as none", () => {
  expect(daysLeft("2027-01-10T15:59:59Z", now)).toBe(50);
  expect(daysLeft("2026-11-21T15:59:59Z", now)).toBe(0);
  // One second after midnight in China is the next day.
  expect(daysLeft("2026-11-21T16:00:01Z", now)).toBe(1);
  expect(daysLeft("2026-11-21T01:40:00Z", now)).toBeUndefined();
});

test("three colours: more than 90 days, 90 or less, 30 or less or over", () => {
  expect([91, 90, 31, 30, 0, undefined].map(toneOf)).toEqual([
    "done",
    "yours",
    "yours",
    "attention",
    "attention",
    "attention",
  ]);
});
