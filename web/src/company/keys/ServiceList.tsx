import { Button } from "antd";
import { Link, useNavigate } from "react-router";

import type { KeyService, KeyView, ProductKind } from "../../api/schema";
import { formatMoney } from "../../design/format-money";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { keysTexts } from "../../i18n/keys";
import { orderTexts } from "../../i18n/order";
import { ordering } from "../../i18n/ordering";
import { useTexts } from "../../i18n/texts";
import { storefrontOf } from "../storefronts";
import css from "./keys.module.css";
import { type Catalog, offersOf, usePriceOf, useUpgradePrice } from "./prices";
import { insteadOf, orderOf, useWhyNot } from "./services";
import type { Waits } from "./waiting";

interface Props {
  of: KeyView;
  catalog: Catalog;
  mayBuy: boolean;
  /** What was ordered, and is not bought twice. */
  waits: readonly Waits[];
}

/** What can be done with a key and at what price; then what cannot, why, and what can be done instead. */
export function ServiceList({ of: key, catalog, mayBuy, waits }: Props) {
  const { services: words, elsewhere } = useTexts(keysTexts);
  const { keys } = useTexts(ordering);
  const judge = useJudge(key, catalog, waits);
  const judged = key.services.map((service) => ({ service, why: judge(service) }));
  const open = judged.filter(({ why }) => why === undefined).map(({ service }) => service);
  // Of a key that is reported all that cannot be done has one reason.
  const isReported = key.state === "suspended";
  const closed = judged.filter(
    ({ why, service }) => why !== undefined && !(isReported && service.refused === "suspended"),
  );
  const paused = isReported ? key.services.filter(({ refused }) => refused === "suspended") : [];
  return (
    <section aria-label={words.title} className={css.services}>
      <h3>{words.title}</h3>
      {key.services.length === 0 ? (
        <p className="soft">{keys.noServices}</p>
      ) : key.state === "revoked" ? (
        <p className="soft">
          {key.issued_by ? elsewhere.over(key.issued_by) : words.revoked}{" "}
          <Instead of={key} kind="new_key" catalog={catalog} mayBuy={mayBuy} />
        </p>
      ) : (
        <ul>
          {open.map((service) => (
            <Open key={service.kind} of={key} service={service} catalog={catalog} mayBuy={mayBuy} />
          ))}
          {closed.map(({ service, why }) => (
            <Closed key={service.kind} of={key} service={service} why={why ?? ""} catalog={catalog} mayBuy={mayBuy} />
          ))}
          {paused.length > 0 && <Paused services={paused} />}
        </ul>
      )}
    </section>
  );
}

/** Says why a service is not to be had for a key, before anybody orders it. */
function useJudge(
  key: KeyView,
  catalog: Catalog,
  waits: readonly Waits[],
): (service: KeyService) => string | undefined {
  const { services: words, waits: waitWords } = useTexts(keysTexts);
  const whyNot = useWhyNot();
  return (service) => {
    const ordered = waits.find(({ kind }) => kind === service.kind);
    if (ordered) {
      return ordered.kind === "replacement" ? waitWords.ordered : waitWords.short;
    }
    const why = whyNot(key, service);
    return why ?? (catalog && offersOf(catalog, service.kind).length === 0 ? words.notSold : undefined);
  };
}

interface ServiceProps extends Pick<Props, "of" | "catalog" | "mayBuy"> {
  service: KeyService;
}

/** The way into an order, with what it costs. */
function Open({ of: key, service: { kind, closes_at }, catalog, mayBuy }: ServiceProps) {
  const { services: words } = useTexts(keysTexts);
  const { keys } = useTexts(ordering);
  const { kind: names } = useTexts(orderTexts);
  const { day } = useTimes();
  const navigate = useNavigate();
  return (
    <li className={css.service}>
      <div>
        <div className={css.what}>
          <strong>{names[kind]}</strong>
          <Price of={key} kind={kind} catalog={catalog} />
        </div>
        {kind !== "new_key" && <p className="small soft">{words.what[kind]}</p>}
        {closes_at && kind === "renewal" && <p className="small soft">{keys.closes(day(closes_at))}</p>}
        {catalog === null && <p className="small soft">{words.noPrice}</p>}
      </div>
      {mayBuy && (
        <Button aria-label={`${keys.go[kind]} ${key.serial}`} onClick={() => void navigate(orderOf(key, kind))}>
          {keys.go[kind]}
        </Button>
      )}
    </li>
  );
}

/** Why not, and what else. */
function Closed({ of: key, service, why, catalog, mayBuy }: ServiceProps & { why: string }) {
  const { kind: names } = useTexts(orderTexts);
  const instead = insteadOf(key, service);
  // What only waits for its day, or for the time left to be read, has a price already.
  const isToCome = service.refused === "too_early" || (service.kind === "upgrade" && !service.refused);
  return (
    <li className={css.service}>
      <div>
        <div className={css.what}>
          <strong className="soft">{names[service.kind]}</strong>
          {isToCome && <Price of={key} kind={service.kind} catalog={catalog} />}
        </div>
        <p className="small soft">{why}</p>
        {instead && (
          <p className="small">
            <Instead of={key} kind={instead} catalog={catalog} mayBuy={mayBuy} />
          </p>
        )}
      </div>
    </li>
  );
}

function Paused({ services }: { services: readonly KeyService[] }) {
  const { services: words } = useTexts(keysTexts);
  const { kind: names } = useTexts(orderTexts);
  const { list } = useTexts(common);
  return (
    <li className={css.service}>
      <div>
        <strong className="soft">{services.map(({ kind }) => names[kind]).join(list)}</strong>
        <p className="small soft">{words.suspended}</p>
      </div>
    </li>
  );
}

interface InsteadProps extends Pick<Props, "of" | "catalog" | "mayBuy"> {
  kind: "replacement" | "renewal" | "new_key";
}

/** What can be done instead, what it costs, and the way there. */
function Instead({ of: key, kind, catalog, mayBuy }: InsteadProps) {
  const { services: words } = useTexts(keysTexts);
  const priceOf = usePriceOf();
  const price = kind === "new_key" ? "" : priceOf(catalog, kind);
  return (
    <>
      {words.instead[kind](price)}
      {mayBuy && (
        <>
          {" "}
          <Link to={kind === "new_key" ? storefrontOf(key.storefront).home : orderOf(key, kind)}>{words.go[kind]}</Link>
        </>
      )}
    </>
  );
}

/** What a service costs for this key. */
function Price({ of: key, kind, catalog }: { of: KeyView; kind: ProductKind; catalog: Catalog }) {
  const { services: words } = useTexts(keysTexts);
  const priceOf = usePriceOf();
  const exact = useUpgradePrice(key, catalog, kind === "upgrade");
  const price = priceOf(catalog, kind);
  if (!catalog || price === "") {
    return null;
  }
  const isUrgent =
    (kind === "replacement" || kind === "upgrade") &&
    offersOf(catalog, kind).some(({ surcharges }) => catalog.urgency_levels.some((level) => level in surcharges));
  const notes = [
    kind !== "upgrade" || key.state === "expired"
      ? undefined
      : exact === undefined
        ? words.lessCredit
        : words.credited(price),
    isUrgent ? words.urgent : undefined,
  ].filter((note) => note !== undefined);
  return (
    <span className={css.price}>
      <strong className="num">{exact === undefined ? price : formatMoney(exact)}</strong>
      {notes.length > 0 && <span className="small soft">{notes.join(words.and)}</span>}
    </span>
  );
}
