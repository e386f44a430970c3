import { expect, test } from "vitest";

import { isIdNumber, normaliseIdNumber } from "./id-number";
import { rebase } from "./rebase";

test("what was typed stays, what was not touched is theirs, and both are told", () => {
  const base = { name: "甲", phone: "1", address: "路", mail: "a" };
  const { next, theirs } = rebase(
    { version: 7, base, typed: { ...base, phone: "2", mail: "b" } },
    { version: 9, values: { name: "乙", phone: "3", address: "路", mail: "b" } },
  );
  expect(next).toEqual({
    version: 9,
    base: { name: "乙", phone: "3", address: "路", mail: "b" },
    typed: { name: "乙", phone: "2", address: "路", mail: "b" },
  });
  expect(theirs).toEqual([
    { field: "name", from: "甲", to: "乙" },
    { field: "phone", from: "1", to: "3", mine: "2" },
    { field: "mail", from: "a", to: "b" },
  ]);
});

test("numbers of identity cards have a check character, as in shared/domain", () => {
  for (const good of ["11010519491231002X", "440524188001010014", "11010519491231002x", "440524 18800101 0014"]) {
    expect(isIdNumber(good), good).toBe(true);
  }
  for (const bad of ["110105194912310021", "11010519491231002", "", "1101051949123100２X"]) {
    expect(isIdNumber(bad), bad).toBe(false);
  }
  expect(normaliseIdNumber(" 11010519491231002x ")).toBe("11010519491231002X");
});
