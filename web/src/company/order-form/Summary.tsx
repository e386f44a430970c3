import type { CatalogView, LinePrice, PromiseView } from "../../api/schema";
import { isZero } from "../../design/format-money";
import { Money } from "../../design/Money";
import { ProblemAlert } from "../../design/ProblemAlert";
import { useTimes } from "../../design/time";
import { ordering } from "../../i18n/ordering";
import { useLocal, useTexts } from "../../i18n/texts";
import { type Fields, productOf } from "./list";
import css from "./order-form.module.css";
import type { Prices } from "./prices";
import { useSpan } from "../credit/Reckoning";

interface Props {
  catalog: CatalogView;
  fields: Fields;
  prices: Prices;
}

/** What everything costs, each line with its reckoning. */
export function Summary({ catalog, fields, prices }: Props) {
  const { form: words } = useTexts(ordering);
  const local = useLocal();
  return (
    <>
      <ProblemAlert error={prices.error} onRetry={prices.retry} />
      <div aria-live="polite" aria-busy={prices.isFetching}>
        <ul className={css.priceLines}>
          {fields.lines.map((line, place) => {
            const product = productOf(catalog, line);
            const price = prices.lines.get(place);
            return (
              <li key={line.uid}>
                <strong>{product ? local(product.name) : line.sku}</strong>
                {price ? (
                  <Price price={price} />
                ) : (
                  <p className="soft small">
                    {prices.refusals.get(place) ?? (prices.isFetching ? words.counting : words.unpriced)}
                  </p>
                )}
              </li>
            );
          })}
        </ul>
        <dl className={css.price}>
          <div className={css.total}>
            <dt>{words.total}</dt>
            <dd data-testid="total">
              {prices.total !== undefined ? (
                <Money money={prices.total} />
              ) : (
                <span className={css.noTotal}>{prices.isFetching ? words.counting : words.unpriced}</span>
              )}
            </dd>
          </div>
        </dl>
        {prices.promise && <Promised promise={prices.promise} fields={fields} />}
      </div>
    </>
  );
}

/** When it would be there (R8, R9). */
function Promised({ promise, fields }: { promise: PromiseView; fields: Fields }) {
  const { form: words } = useTexts(ordering);
  const { time } = useTimes();
  const handedOver = time(promise.handed_over_by);
  return (
    <div className={`${css.promise} small soft`} data-testid="promise">
      <p>{(fields.receive === "branch_pickup" ? words.promise.fetched : words.promise.sent)(handedOver)}</p>
      <p>{words.promise.reviewed(time(promise.reviewed_by))}</p>
      {fields.urgency !== "none" && <p>{words.promise.late}</p>}
    </div>
  );
}

/** One line: how its amount came about. */
function Price({ price }: { price: LinePrice }) {
  const { form: words } = useTexts(ordering);
  const span = useSpan();
  const { unit_price, unit_surcharge, quantity, seal_price = "0.00", seals = 0, credit } = price;
  return (
    <>
      <dl className={css.price}>
        <div>
          <dt>{words.unitPrice}</dt>
          <dd>
            <Money money={unit_price} /> {words.times(quantity)}
          </dd>
        </div>
        {!isZero(unit_surcharge) && (
          <div>
            <dt>{words.unitSurcharge}</dt>
            <dd>
              +<Money money={unit_surcharge} /> {words.times(quantity)}
            </dd>
          </div>
        )}
        {seals > 0 && !isZero(seal_price) && (
          <div>
            <dt>{words.sealPrice}</dt>
            <dd>
              +<Money money={seal_price} /> {words.times(seals)}
            </dd>
          </div>
        )}
        {credit && (
          <div>
            <dt>{words.creditOff}</dt>
            <dd>
              −<Money money={credit.amount} />
            </dd>
          </div>
        )}
        <div>
          <dt>{words.lineAmount}</dt>
          <dd>
            <Money money={price.amount} />
          </dd>
        </div>
      </dl>
      {credit && credit.months_carried > 0 && (
        <dl className={css.price}>
          <div>
            <dt>{words.carriedLine(span(credit.months_carried))}</dt>
            <dd>
              <Money money="0.00" /> {words.times(1)}
            </dd>
          </div>
        </dl>
      )}
    </>
  );
}
