import { expect, test } from "vitest";

import { dayAfter, isDay, isMonth, monthAfter } from "./calendar";
import { orderOf } from "./order-number";

test("days and months go over the ends of months and years", () => {
  expect(dayAfter("2026-12-31", 1)).toBe("2027-01-01");
  expect(dayAfter("2026-03-01", -1)).toBe("2026-02-28");
  expect(monthAfter("2026-12", 1)).toBe("2027-01");
  expect(monthAfter("2026-01", -1)).toBe("2025-12");
  expect(monthAfter("2026-11", 0)).toBe("2026-11");
});

test("what is not a day or month is not asked for", () => {
  expect(["2026-11-21", "2026-13-01", "0002-11-21", "2026-1-1", ""].map(isDay)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
  expect(["2026-11", "2026-13", "2026-00", "2026-1", ""].map(isMonth)).toEqual([true, false, false, false, false]);
});

test("an order is found by the numbers of its payments and refunds too", () => {
  const order = "202611210935190042";
  for (const text of [order, ` ${order}\n`, "202611 210935 190042", `${order}_1`, `${order}_R12`]) {
    expect(orderOf(text), text).toBe(order);
  }
  for (const text of ["", "20261121093519004", `${order}0`, `${order}_`, `${order}_X1`, "4200001234202611210001"]) {
    expect(orderOf(text), text).toBeUndefined();
  }
});
