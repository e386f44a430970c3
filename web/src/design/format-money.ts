/** Money as people read it. The API's string is cut and joined, never made a number: no cent is ever rounded. */
export function formatMoney(money: string): string {
  const [yuan = "0", fen = ""] = money.split(".");
  return `¥${yuan.replace(/\B(?=(\d{3})+$)/g, ",")}.${fen.padEnd(2, "0")}`;
}

/** Is it nothing? */
export function isZero(money: string): boolean {
  return /^[0.]*$/.test(money);
}
