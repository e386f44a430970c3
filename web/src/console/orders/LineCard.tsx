import type { ReactNode } from "react";

import type { LineView, LineWays, OrderView } from "../../api/schema";
import { CopyText } from "../../design/CopyText";
import { isZero } from "../../design/format-money";
import { ParcelEvents, Refusals } from "../../design/History";
import { Money } from "../../design/Money";
import { Facts } from "../../design/PageFrame";
import { StateTag, ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { consoleTexts } from "../../i18n/console";
import { orderTexts } from "../../i18n/order";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useLocal, useTexts } from "../../i18n/texts";
import css from "./orders.module.css";
import { Ways } from "./Ways";

interface Props {
  order: OrderView;
  line: LineView;
  /** What can be done with it by whoever looks; nothing while something waits for a second person. */
  ways: LineWays | undefined;
  onNotice: (notice: string) => void;
}

/** One line whole: what was bought for how much, its keys, papers and parcel, and the ways out of it. */
export function LineCard({ order, line, ways, onNotice }: Props) {
  const texts = useTexts(common);
  const { orders: words } = useTexts(ordersDeskTexts);
  const { shipping } = useTexts(consoleTexts);
  const orderWords = useTexts(orderTexts);
  const { day } = useTimes();
  const local = useLocal();
  const { product, price, key, parcel } = line;
  const facts: (readonly [string, ReactNode])[] = [
    ...(key
      ? ([
          [
            words.key_,
            <>
              <CopyText text={key.serial} label={words.serial} />
              <br />
              <span className="soft small">
                {texts.medium[key.medium]} · {words.until(day(key.not_after))}
              </span>
            </>,
          ],
          ...(key.reason ? ([[words.replaced, orderWords.replacementReason[key.reason]]] as const) : []),
        ] as const)
      : []),
    ...(line.required_papers.length > 0 ? ([[words.papers, <Papers line={line} />]] as const) : []),
    ...(parcel ? ([[orderWords.waybill, <CopyText text={parcel.waybill} label={orderWords.waybill} />]] as const) : []),
  ];
  const hasWays = ways && (ways.return_to_review || ways.refund || ways.convert.length > 0);
  return (
    <article className={css.item} aria-label={orderWords.line(line.no)}>
      <div className={css.head}>
        <strong>
          {orderWords.line(line.no)} · {local(product.name)} × {price.quantity}
        </strong>
        <StateTag state={line.display} />
      </div>
      <p className="soft small">
        {orderWords.kind[product.kind]} · {texts.medium[product.medium]}
        {product.term_years > 0 && ` · ${texts.years(product.term_years)}`}
        {line.seals > 0 && ` · ${words.seals(line.seals)}`}
      </p>
      {line.carried_from && <p className="soft small">{words.carried(line.carried_from)}</p>}
      <Price line={line} />
      {facts.length > 0 && <Facts facts={facts} />}
      {line.units.length > 0 && <Units line={line} />}
      {parcel && <ParcelEvents events={parcel.events} empty={shipping.eventsNone} />}
      {hasWays && <Ways {...{ order, line, ways, onNotice }} />}
    </article>
  );
}

/** How the sum came about. */
function Price({ line: { price } }: { line: LineView }) {
  const { orders: words } = useTexts(ordersDeskTexts);
  const { credit, seal_price = "0.00", seals = 0 } = price;
  const parts: (readonly [string, string, number])[] = [
    [words.unitPrice, price.unit_price, price.quantity],
    ...(isZero(price.unit_surcharge) ? [] : ([[words.surcharge, price.unit_surcharge, price.quantity]] as const)),
    ...(seals > 0 && !isZero(seal_price) ? ([[words.sealPrice, seal_price, seals]] as const) : []),
  ];
  return (
    <dl className={css.price}>
      {parts.map(([name, money, count]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <Money money={money} /> {words.times(count)}
          </dd>
        </div>
      ))}
      {credit && (
        <div>
          <dt>{words.credit}</dt>
          <dd>
            −<Money money={credit.amount} />
          </dd>
        </div>
      )}
      <div>
        <dt>{words.sum}</dt>
        <dd>
          <strong>
            <Money money={price.amount} />
          </strong>
        </dd>
      </div>
    </dl>
  );
}

function Papers({ line }: { line: LineView }) {
  const texts = useTexts(common);
  const { orders: words } = useTexts(ordersDeskTexts);
  return (
    <>
      {line.papers.length === 0 ? (
        words.papersNone
      ) : (
        <ul className={css.items}>
          {line.papers.map((paper) => (
            <li key={paper.id}>
              {texts.paper[paper.kind]} <span className="soft small">{paper.file_name}</span>
            </li>
          ))}
        </ul>
      )}
      {line.refusals.length > 0 && (
        <div>
          {words.refused}
          <Refusals refusals={line.refusals} />
        </div>
      )}
    </>
  );
}

function Units({ line }: { line: LineView }) {
  const { unit: unitState, unitNo } = useTexts(orderTexts);
  const { orders: words } = useTexts(ordersDeskTexts);
  return (
    <table className={css.units}>
      <caption className="visually-hidden">{words.keys}</caption>
      <thead>
        <tr>
          <th scope="col">{words.unit}</th>
          <th scope="col">{words.serial}</th>
          <th scope="col" className={css.wide}>
            {words.certificate}
          </th>
        </tr>
      </thead>
      <tbody>
        {line.units.map(({ no, state, key_serial, certificate_serial }) => (
          <tr key={no}>
            <th scope="row">
              {unitNo(no)}{" "}
              <ToneTag
                tone={state === "scrapped" ? "over" : state === "waiting" || state === "writing" ? "ours" : "done"}
              >
                {unitState[state]}
              </ToneTag>
            </th>
            <td>
              <span className="mono">{key_serial ?? "–"}</span>
              {certificate_serial && (
                <div className={css.phone}>
                  {words.certificate} <span className="mono">{certificate_serial}</span>
                </div>
              )}
            </td>
            <td className={`mono ${css.wide}`}>{certificate_serial ?? "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
