import { Button } from "antd";

import type { ConsoleProduct, Product } from "../../api/schema";
import { Actions } from "../../design/PageFrame";
import { ToneTag } from "../../design/StateTag";
import type { Tone } from "../../design/tokens";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useLocal, useTexts } from "../../i18n/texts";
import css from "./catalog.module.css";
import { inEffect, planned, startOf } from "./changes";
import { useProductWords } from "./words";

type Standing = "onSale" | "planned" | "withdrawn";

const TONES: Record<Standing, Tone> = { onSale: "done", planned: "moving", withdrawn: "over" };

interface Props {
  product: ConsoleProduct;
  now: number;
  onChange: () => void;
  onWithdraw: () => void;
}

/** A product: what it is now, what is planned, and what it was. */
export function ProductCard({ product, now, onChange, onWithdraw }: Props) {
  const { catalog: words } = useTexts(ordersDeskTexts);
  const { describe } = useProductWords();
  const local = useLocal();
  const effective = inEffect(product, now);
  const toCome = planned(product, now);
  const shown = effective ?? toCome[0];
  if (!shown) {
    return null;
  }
  const standing: Standing = product.current ? "onSale" : effective ? "withdrawn" : "planned";
  const name = local(shown.name);
  const changeWord = standing === "withdrawn" ? words.relist : words.change;
  const { field } = words;
  const known = new Set([field.sale, field.kind]);
  const long = new Set([field.descriptionZh, field.descriptionEn]);
  const past = product.changes.filter((change) => !toCome.includes(change));
  return (
    <article className={css.item} aria-label={name}>
      <div className={css.head}>
        <h3>{name}</h3>
        <ToneTag tone={TONES[standing]} mark={standing}>
          {words.state[standing]}
        </ToneTag>
        <span className="mono soft">{product.sku}</span>
      </div>
      <dl className={css.about}>
        {[...describe(shown)]
          .filter(([of]) => !known.has(of))
          .map(([of, value]) => (
            <div key={of} className={long.has(of) ? css.long : undefined}>
              <dt>{of}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {toCome.length > 0 && (
        <div className={css.planned}>
          <strong>{words.planned}</strong>
          <Changes product={product} changes={toCome} />
        </div>
      )}
      {past.length > 0 && (
        <details className={css.past}>
          <summary>{words.past(past.length)}</summary>
          <Changes product={product} changes={past} effective={effective} />
        </details>
      )}
      <Actions>
        <Button aria-label={`${changeWord}: ${name}`} onClick={onChange}>
          {changeWord}
        </Button>
        {standing !== "withdrawn" && (
          <Button danger aria-label={`${words.withdraw}: ${name}`} onClick={onWithdraw}>
            {words.withdraw}
          </Button>
        )}
      </Actions>
    </article>
  );
}

interface ChangesProps {
  product: ConsoleProduct;
  changes: readonly Product[];
  /** The one that is in effect, if any. */
  effective?: Product | undefined;
}

/** Changes, each with its day and what became different by it. */
function Changes({ product, changes, effective }: ChangesProps) {
  const { catalog: words } = useTexts(ordersDeskTexts);
  const { differences, from } = useProductWords();
  const before = (change: Product) =>
    product.changes
      .filter((other) => startOf(other) < startOf(change))
      .reduce<Product | undefined>((best, one) => (best && startOf(best) > startOf(one) ? best : one), undefined);
  return (
    <ul className={css.changes}>
      {changes.map((change) => {
        const older = before(change);
        const changed = older ? differences(older, change) : [];
        return (
          <li key={change.effective_from ?? ""}>
            <span className="num">{from(change)}</span>{" "}
            {effective && startOf(change) === startOf(effective) && <ToneTag tone="done">{words.inEffect}</ToneTag>}
            <div className="small">
              {!older
                ? words.first
                : changed.length === 0
                  ? words.again
                  : changed.map(({ name, before: old, after }) => (
                      <div key={name}>
                        {name}: {old} → {after}
                      </div>
                    ))}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
