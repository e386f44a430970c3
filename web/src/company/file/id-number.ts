/** Numbers of resident identity cards (GB 11643-1999): 17 digits and a check character, as in shared/domain. */
const CHECK = "10X98765432";

/** As it is sent: no blanks, a capital X. */
export function normaliseIdNumber(typed: string): string {
  return typed.replace(/\s/g, "").toUpperCase();
}

export function isIdNumber(typed: string): boolean {
  const number = normaliseIdNumber(typed);
  if (!/^\d{17}[\dX]$/.test(number)) {
    return false;
  }
  let sum = 0;
  for (const digit of number.slice(0, 17)) {
    // Each place weighs twice what the next one does, modulo 11; the check character weighs one.
    sum = ((sum + Number(digit)) * 2) % 11;
  }
  return CHECK[sum] === number[17];
}
