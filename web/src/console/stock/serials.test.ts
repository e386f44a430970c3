import { expect, test } from "vitest";

import { problemOf, serialsIn } from "./serials";

test("a scanner's lines, a pasted column and full-width digits are serial numbers", () => {
  expect(serialsIn("BJ1\r\nBJ2\r\n")).toEqual(["BJ1", "BJ2"]);
  expect(serialsIn(" BJ1，BJ2、 BJ3;BJ4 ")).toEqual(["BJ1", "BJ2", "BJ3", "BJ4"]);
  expect(serialsIn("ＢＪ１２")).toEqual(["BJ12"]);
  expect(serialsIn(" \n ")).toEqual([]);
});

test("what cannot be sent is named, each once", () => {
  const many = Array.from({ length: 26 }, (_, no) => `BJ${String(no)}`);
  expect(problemOf([])).toEqual({ kind: "none" });
  expect(problemOf(["BJ#1", "BJ2", "BJ#1"])).toEqual({ kind: "bad", serials: ["BJ#1"] });
  expect(problemOf(["B".repeat(33)])).toMatchObject({ kind: "bad" });
  expect(problemOf(["BJ1", "BJ2", "BJ1", "BJ1"])).toEqual({ kind: "twice", serials: ["BJ1"] });
  expect(problemOf(many)).toEqual({ kind: "many", count: 26 });
  expect(problemOf(many.slice(1))).toBeUndefined();
});
