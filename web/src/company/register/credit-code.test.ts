import { expect, test } from "vitest";

import { creditCodeProblem, normaliseCreditCode } from "./credit-code";

// Public codes of well-known companies, as in shared/domain.
const REAL = ["91440300708461136T", "91330100799655058B", "91110000802100433B"];
const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";

test("real credit codes pass, typed in any case and with blanks around", () => {
  for (const code of REAL) {
    expect(creditCodeProblem(code)).toBeUndefined();
    expect(creditCodeProblem(` ${code.toLowerCase()} `)).toBeUndefined();
    expect(normaliseCreditCode(` ${code.toLowerCase()} `)).toBe(code);
  }
});

test("every single typing error is found by the check character", () => {
  for (const code of REAL) {
    for (let place = 0; place < 18; place += 1) {
      for (const wrong of Array.from(ALPHABET).filter((character) => character !== code[place])) {
        const typed = code.slice(0, place) + wrong + code.slice(place + 1);
        expect(creditCodeProblem(typed), typed).toBe("check");
      }
    }
  }
});

test("wrong length and letters outside the alphabet are a form error", () => {
  for (const bad of ["", "9144030070846113", "91440300708461136I", "9144030O708461136T", "９1440300708461136T"]) {
    expect(creditCodeProblem(bad), bad).toBe("form");
  }
});
