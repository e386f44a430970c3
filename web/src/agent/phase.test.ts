import { expect, test } from "vitest";

import { claimed, done, expired, givenUp, operation } from "../testing/fixtures-agent";
import { isOver, phaseOf, pollPause } from "./phase";

const link = (openedAt: number | null) => ({ address: "http://127.0.0.1:1/#t", openedAt });

test("nobody is called absent before the page has asked long enough after the click", () => {
  expect(phaseOf(operation(), 9_000, link(null))).toBe("ready");
  expect(phaseOf(operation(), 0, link(1_000))).toBe("opening");
  expect(phaseOf(operation(), 8_999, link(1_000))).toBe("opening");
  expect(phaseOf(operation(), 9_000, link(1_000))).toBe("absent");
});

test("without its link an offer is adrift, and over once it expired", () => {
  expect(phaseOf(operation(), 9_000, undefined)).toBe("adrift");
  expect(phaseOf(expired, 9_000, undefined)).toBe("expired");
  expect(phaseOf(expired, 9_000, link(1_000))).toBe("expired");
  expect([expired, done, givenUp].every(isOver)).toBe(true);
  expect([operation(), claimed].some(isOver)).toBe(false);
});

test("what an agent did counts, whenever and wherever it was opened", () => {
  expect(phaseOf(claimed, 0, undefined)).toBe("claimed");
  expect(phaseOf(done, 0, link(1_000))).toBe("done");
  expect(phaseOf(givenUp, 0, undefined)).toBe("given_up");
});

test("the longer the wait, the fewer the questions", () => {
  const pauses = [0, 60_000, 600_000].map(pollPause);
  expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
  expect(new Set(pauses).size).toBe(3);
});
