import { expect, test } from "vitest";

import { dayAgo, daysProblem } from "./days";

test("a day begins at midnight in Shanghai", () => {
  expect(dayAgo(0, Date.parse("2026-11-21T15:59:59Z"))).toBe("2026-11-21");
  expect(dayAgo(0, Date.parse("2026-11-21T16:00:00Z"))).toBe("2026-11-22");
  expect(dayAgo(6, Date.parse("2026-11-21T16:00:00Z"))).toBe("2026-11-16");
});

test("31 days at most, in order, both of them", () => {
  expect(daysProblem("2026-10-01", "2026-10-31")).toBeUndefined();
  expect(daysProblem("2026-10-01", "2026-11-01")).toBe("many");
  expect(daysProblem("2026-10-02", "2026-10-01")).toBe("order");
  expect(daysProblem("2026-10-02", "2026-10-02")).toBeUndefined();
  expect(daysProblem("", "2026-10-01")).toBe("missing");
});
