import { expect, test } from "vitest";

import { toneOf } from "./days";

test("three colours: more than 90 days, 90 or less, 30 or less or over", () => {
  expect([91, 90, 31, 30, 0, null].map(toneOf)).toEqual([
    "done",
    "yours",
    "yours",
    "attention",
    "attention",
    "attention",
  ]);
});
