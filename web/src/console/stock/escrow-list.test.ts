import { expect, test } from "vitest";

import { escrowIn, textOf } from "./escrow-list";

const keysOf = (text: string) => escrowIn(text).keys.map(({ line, serial, soPin }) => [line, serial, soPin]);
const badOf = (text: string) => escrowIn(text).bad.map(({ line, wrong }) => [line, wrong]);

test("a pair in each line, however it is separated", () => {
  expect(keysOf("A1,12345678\r\nA2;12345678\nA3\t12345678\rA4   12345678\nA5，12345678")).toEqual([
    [1, "A1", "12345678"],
    [2, "A2", "12345678"],
    [3, "A3", "12345678"],
    [4, "A4", "12345678"],
    [5, "A5", "12345678"],
  ]);
});

test("empty lines count as lines, quotes and empty columns at the end do not count", () => {
  expect(keysOf('\uFEFF\n"A1","12,3""45"\n\nA2 , 123456 ,,\nA3,"  123456"\n,,\n')).toEqual([
    [2, "A1", '12,3"45'],
    [4, "A2", "123456"],
    [5, "A3", "  123456"],
  ]);
});

test("a first line that names the columns says where they stand, and needs not be there", () => {
  expect(keysOf("型号,SO PIN,日期,密钥序列号\nKEY,12345678,2026-01-01,A1")).toEqual([[2, "A1", "12345678"]]);
  expect(keysOf("Serial number\tSO-PIN\nA1\t12345678")).toEqual([[2, "A1", "12345678"]]);
  expect(keysOf("Ａ１,12345678")).toEqual([[1, "A1", "12345678"]]);
});

test("what is wrong is told by line and field, and nothing of what stands there", () => {
  const secret = "s3cret秘";
  const list = escrowIn(
    [
      ",12345678",
      "A#1,12345678",
      "A1",
      "A1,",
      "A2,12345",
      `A3,${"1".repeat(65)}`,
      `A4,${secret}`,
      "1.23457E+15,12345678",
      "A5,1.2E+08",
      "A6,12345678,x",
      'A7,"12345678',
      "A8 1234 5678",
    ].join("\n"),
  );
  expect(list.keys).toEqual([]);
  expect(list.bad.map(({ line, wrong }) => [line, wrong])).toEqual([
    [1, "no_serial"],
    [2, "bad_serial"],
    [3, "no_pin"],
    [4, "no_pin"],
    [5, "short_pin"],
    [6, "long_pin"],
    [7, "bad_pin"],
    [8, "number_serial"],
    [9, "number_pin"],
    [10, "columns"],
    [11, "quote"],
    [12, "columns"],
  ]);
  expect(JSON.stringify(list)).not.toMatch(/s3cret|12345/);
});

test("a hexadecimal SO PIN is none that a spreadsheet made a number of", () => {
  expect(keysOf("A1,12345e67")).toEqual([[1, "A1", "12345e67"]]);
});

test("the same line twice is one; with another SO PIN none of them is right", () => {
  expect(escrowIn("A1,12345678\nA1,12345678")).toMatchObject({ repeated: 1, bad: [], keys: [{ line: 1 }] });
  const list = escrowIn("A1,12345678\nA2,12345678\nA1,87654321\nA1,12345678");
  expect(list.keys.map(({ serial }) => serial)).toEqual(["A2"]);
  expect(list.bad).toEqual([
    { line: 1, wrong: "other_pin", other: 3 },
    { line: 3, wrong: "other_pin", other: 1 },
    { line: 4, wrong: "other_pin", other: 1 },
  ]);
});

test("nothing is a list of nothing", () => {
  expect(escrowIn(" \n\n")).toEqual({ keys: [], bad: [], repeated: 0 });
  expect(badOf("A1 12345678")).toEqual([]);
});

test("a file is read as spreadsheets store it; a workbook is none", async () => {
  const file = (...bytes: number[]) => new File([new Uint8Array(bytes)], "keys.csv");
  expect(await textOf(new File(["序列号,SO PIN"], "keys.csv"))).toEqual({ text: "序列号,SO PIN" });
  // 序列号 in GBK.
  expect(await textOf(file(0xd0, 0xf2, 0xc1, 0xd0, 0xba, 0xc5))).toEqual({ text: "序列号" });
  expect(await textOf(file(0xff, 0xfe, 0x41, 0x00))).toEqual({ text: "A" });
  expect(await textOf(file(0x50, 0x4b, 0x03, 0x04))).toEqual({ unreadable: "workbook" });
  expect(await textOf(file(0x41, 0x00, 0x42))).toEqual({ unreadable: "binary" });
  expect(await textOf(new File(["x".repeat(1_000_001)], "keys.csv"))).toEqual({ unreadable: "large" });
});
