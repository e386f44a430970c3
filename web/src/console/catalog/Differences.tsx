import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useTexts } from "../../i18n/texts";
import css from "./catalog.module.css";
import type { Difference } from "./words";

/** What changes: old beside new. */
export function Differences({ differences }: { differences: readonly Difference[] }) {
  const { catalog: words } = useTexts(ordersDeskTexts);
  return (
    <table className={css.differences}>
      <thead>
        <tr>
          <th scope="col">{words.item}</th>
          <th scope="col">{words.before}</th>
          <th scope="col">{words.after}</th>
        </tr>
      </thead>
      <tbody>
        {differences.map(({ name, before, after }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{before}</td>
            <td>
              <strong>{after}</strong>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
