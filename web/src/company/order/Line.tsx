import type { ReactNode } from "react";
import { Link } from "react-router";

import type { LineView, OrderView } from "../../api/schema";
import { formatMoney, isZero } from "../../design/format-money";
import { ParcelEvents, Refusals } from "../../design/History";
import { Money } from "../../design/Money";
import { OrderSteps } from "../../design/OrderSteps";
import { Facts } from "../../design/PageFrame";
import { StateTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { orderTexts } from "../../i18n/order";
import { orderPage } from "../../i18n/order-page";
import { useLocal, useTexts } from "../../i18n/texts";
import { lineId } from "./line-address";
import css from "./order.module.css";
import { Reckoning } from "../credit/Reckoning";
import { lineWay, needsPapers, papersDeed } from "./steps";

type Words = (typeof orderPage)["zh"];

/** How the amount of a line comes about, in one row. Only joins what the server reckoned. */
function sumOf({ price }: LineView, words: Words["sum"]): string {
  const { unit_price, unit_surcharge, quantity, seal_price = "0.00", seals = 0, credit } = price;
  const unit = isZero(unit_surcharge)
    ? formatMoney(unit_price)
    : words.urgent(formatMoney(unit_price), formatMoney(unit_surcharge));
  return [
    words.times(unit, quantity),
    isZero(seal_price) || seals === 0 ? "" : words.seals(formatMoney(seal_price), seals),
    credit ? words.credit(formatMoney(credit.amount)) : "",
  ].join("");
}

/** By when our next step is promised; nothing while the company has it. */
function Due({ line }: { line: LineView }) {
  const { due: words } = useTexts(orderPage);
  const { time } = useTimes();
  if (!line.due_at || line.carried_from) {
    return null;
  }
  const at = time(line.due_at);
  if (line.display === "under_review") {
    return <p className="small soft">{words.review(at)}</p>;
  }
  if (!line.late_at) {
    return <p className="small soft">{words.making(at)}</p>;
  }
  return <p className={css.refused}>{isZero(line.price.unit_surcharge) ? words.late(at) : words.lateUrgent(at)}</p>;
}

interface Props {
  order: OrderView;
  line: LineView;
  /** Do others of the order go another way? */
  mixed: boolean;
  /** Did one come for this one? */
  isNamed?: boolean;
  /** What begins it with the key. */
  children?: ReactNode;
}

/** A line of an order: what it is, where it stands, what is to do for it. */
export function Line({ order, line, mixed, isNamed = false, children }: Props) {
  const texts = useTexts(orderTexts);
  const words = useTexts(orderPage);
  const local = useLocal();
  const { day } = useTimes();
  const name = local(line.product.name);
  const alone = order.lines.length === 1;
  const written = line.units.filter((unit) => unit.certificate_serial);
  // A year that is carried over has the state of its upgrade, and no papers of its own.
  const handlesMaterials =
    !line.carried_from && (line.display === "awaiting_materials" || line.display === "changes_requested");
  const ended = line.display === "cancelled" && order.state !== "cancelled";
  const { steps, now } = lineWay(line);
  return (
    <article
      id={lineId(line.no)}
      tabIndex={-1}
      className={[css.line, isNamed ? css.named : ""].join(" ")}
      aria-label={name}
    >
      <div className={css.lineHead}>
        <h3>{name}</h3>
        <StateTag state={line.display} />
        <span className={css.amount}>
          {!line.carried_from && <span className="soft small num">{sumOf(line, words.sum)}</span>}{" "}
          <Money money={line.price.amount} />
        </span>
      </div>
      {mixed && !line.carried_from && now >= 0 && (
        <OrderSteps label={words.lineProgress(name)} steps={steps.map((step) => words.steps[step])} now={now} />
      )}
      {line.carried_from ? <p className={css.hint}>{words.carried(line.carried_from)}</p> : <Chosen line={line} />}
      {line.price.credit && <Reckoning credit={line.price.credit} />}
      <Due line={line} />
      {ended && <p className={css.hint}>{words.ended}</p>}
      <WithKey line={line}>{children}</WithKey>
      {line.plan.materials === "before_submit" && order.state === "draft" ? (
        <DraftPapers order={order} line={line} />
      ) : (
        line.refusals.length > 0 && (
          <div className={css.refused}>
            <h4>{words.refused}</h4>
            <Refusals refusals={line.refusals} />
          </div>
        )
      )}
      {handlesMaterials && !alone && (
        <Link to={`lines/${String(line.no)}/materials`}>
          {line.display === "changes_requested" ? words.replace : words.upload}
        </Link>
      )}
      {written.length > 0 && (
        <div>
          <h4>{words.keys}</h4>
          <ul className={css.units}>
            {written.map((unit) => (
              <li key={unit.no}>
                <span>
                  {texts.unitNo(unit.no)} · {texts.unit[unit.state]}
                </span>
                <span className="small soft">
                  {words.certificate} <span className="mono">{unit.certificate_serial}</span>
                  {unit.not_after ? `, ${words.until(day(unit.not_after))}` : ""}
                  {unit.key_serial && (
                    <>
                      {" · "}
                      {words.keySerial} <span className="mono">{unit.key_serial}</span>
                    </>
                  )}
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {line.parcel && (
        <div>
          <h4>{words.parcel}</h4>
          <p className={css.waybill}>
            {texts.waybill} <strong className="num">{line.parcel.waybill}</strong>
          </p>
          <ParcelEvents events={line.parcel.events} empty={words.parcelNone} />
        </div>
      )}
    </article>
  );
}

/** What was chosen for a line beyond the product: the key it is about, years, seals. */
function Chosen({ line }: { line: LineView }) {
  const texts = useTexts(common);
  const { replacementReason } = useTexts(orderTexts);
  const words = useTexts(orderPage);
  const { day } = useTimes();
  const { key, product, price } = line;
  const facts: [string, ReactNode][] = [];
  if (key) {
    facts.push([
      words.ownKey,
      <>
        <span className="mono">{key.serial}</span>{" "}
        <span className="soft small">{words.ownKeyUntil(texts.medium[key.medium], day(key.not_after))}</span>
      </>,
    ]);
    if (key.reason) {
      facts.push([words.ownKeyReason, replacementReason[key.reason]]);
    }
  }
  if (product.term_years > 0) {
    facts.push([words.term, texts.years(product.term_years)]);
  }
  if (product.kind === "new_key" || line.seals > 0) {
    facts.push([words.seals, words.sealsOf(line.seals, price.quantity)]);
  }
  return facts.length === 0 ? null : <Facts facts={facts} />;
}

/** What is done with the company's own key, and how. */
function WithKey({ line: { product, plan, display }, children }: Pick<Props, "line" | "children">) {
  const { agent } = useTexts(orderPage);
  const how: Partial<Record<string, string>> = agent;
  const text = how[product.kind];
  if (plan.make !== "agent" || !text || display === "completed" || display === "cancelled") {
    return null;
  }
  return (
    <div className={css.hint}>
      <p>{text}</p>
      {children && <div>{children}</div>}
    </div>
  );
}

/** Papers that are part of a draft: which are there, which are missing, which were sent back. */
function DraftPapers({ order, line }: { order: OrderView; line: LineView }) {
  const texts = useTexts(common);
  const words = useTexts(orderPage);
  const entry = (name: string, good: boolean, text: string) => (
    <li key={name} data-good={good}>
      <span aria-hidden="true">{good ? "✓" : "!"}</span> {name} <span className="soft">{text}</span>
    </li>
  );
  return (
    <div className={needsPapers(line) ? css.lacking : css.hint}>
      <h4>{words.papers.title}</h4>
      <ul className={css.papers}>
        {entry(words.papers.basic, Boolean(line.basic), line.basic ? words.papers.filled : words.papers.notFilled)}
        {line.required_papers.map((kind) => {
          const count = line.papers.filter((paper) => paper.kind === kind).length;
          const refused = line.refusals.find((refusal) => refusal.kind === kind);
          return refused
            ? entry(
                texts.paper[kind],
                false,
                `${words.papers.refused}: ${texts.refusal[refused.reason]}${refused.note ? ` (${refused.note})` : ""}`,
              )
            : entry(texts.paper[kind], count > 0, count > 0 ? words.papers.files(count) : words.papers.none);
        })}
      </ul>
      <Link to={`/orders/${order.id}/lines/${String(line.no)}/materials`}>{words[papersDeed(line)]}</Link>
    </div>
  );
}
