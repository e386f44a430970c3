import { expect, test } from "vitest";

import { access } from "./access";
import { account } from "./account";
import { agentTexts } from "./agent";
import { codes } from "./codes";
import { common } from "./common";
import { company } from "./company";
import { consoleTexts } from "./console";
import { deskTexts } from "./desk";
import { fileTexts, record } from "./file";
import { financeTexts } from "./finance";
import { homeTexts } from "./home";
import { keyUse } from "./key-use";
import { makingTexts } from "./making";
import { materialsTexts } from "./materials";
import { orderTexts } from "./order";
import { ordersDeskTexts } from "./orders-desk";
import { orderPage } from "./order-page";
import { ordering } from "./ordering";
import { payTexts } from "./pay";
import { sealTexts } from "./seals";
import { staffTexts } from "./staff";
import { unbinding } from "./unbinding";

/** Every text by its path, holes filled with marks. */
function flat(value: unknown, path = ""): Map<string, string> {
  if (typeof value === "string") {
    return new Map([[path, value]]);
  }
  if (typeof value === "function") {
    const holes = ["‹1›", "‹2›", "‹3›", "‹4›", "‹5›"].slice(0, value.length);
    return new Map([[path, (value as (...args: string[]) => string)(...holes)]]);
  }
  return new Map(
    Object.entries(value as object).flatMap(([key, inner]) => [...flat(inner, path === "" ? key : `${path}.${key}`)]),
  );
}

/** The same in every language, or said in the language of the reader's choice. */
const NOT_CHINESE = new Set(["languageSwitch"]);
const NOT_ENGLISH = new Set(["languageSwitch"]);

for (const [area, { zh, en }] of Object.entries({
  access,
  account,
  agentTexts,
  codes,
  common,
  company,
  consoleTexts,
  deskTexts,
  fileTexts,
  financeTexts,
  homeTexts,
  keyUse,
  makingTexts,
  materialsTexts,
  orderPage,
  ordering,
  orderTexts,
  ordersDeskTexts,
  payTexts,
  record,
  sealTexts,
  staffTexts,
  unbinding,
})) {
  const chinese = flat(zh);
  const english = flat(en);

  test(`${area}: both languages have the same texts with the same holes`, () => {
    expect([...english.keys()]).toEqual([...chinese.keys()]);
    for (const [path, text] of chinese) {
      const holes = (words: string | undefined) => new Set(words?.match(/‹\d›/g));
      expect(holes(english.get(path)), path).toEqual(holes(text));
    }
  });

  test(`${area}: no text is empty or left in the other language`, () => {
    for (const [path, text] of chinese) {
      expect(text.trim(), path).not.toBe("");
      const words = text.replace(/‹\d›/g, "").replace(/[\s×()+/]/g, "");
      if (!NOT_CHINESE.has(path) && words !== "") {
        expect(words, path).toMatch(/[\p{Script=Han}、]/u);
      }
    }
    for (const [path, text] of english) {
      expect(text.trim() === "" && path !== "list", path).toBe(false);
      if (!NOT_ENGLISH.has(path)) {
        expect(text, path).not.toMatch(/[\p{Script=Han}，。：；！？]/u);
      }
    }
  });
}

// covers: R20
test("the states of a line carry the manual's words", () => {
  expect(orderTexts.zh.display.under_review).toBe("待审核");
  expect(orderTexts.zh.display.in_production).toBe("制作中");
});
