/** Unified social credit codes (GB 32100-2015): 18 characters, the last a check character. */
const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";

export type CreditCodeProblem = "form" | "check";

/** As it is sent: no blanks around, capitals. */
export function normaliseCreditCode(typed: string): string {
  return typed.trim().toUpperCase();
}

/** What is wrong with a code, if anything. */
export function creditCodeProblem(typed: string): CreditCodeProblem | undefined {
  const code = normaliseCreditCode(typed);
  const values = Array.from(code, (character) => ALPHABET.indexOf(character));
  if (values.length !== 18 || values.includes(-1)) {
    return "form";
  }
  let weight = 1;
  let sum = 0;
  for (const value of values.slice(0, 17)) {
    sum += value * weight;
    weight = (weight * 3) % 31;
  }
  return (31 - (sum % 31)) % 31 === values[17] ? undefined : "check";
}
