import css from "./design.module.css";
import { formatMoney } from "./format-money";

export function Money({ money }: { money: string }) {
  return <span className={css.money}>{formatMoney(money)}</span>;
}
