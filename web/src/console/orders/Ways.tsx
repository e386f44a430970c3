import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";

import { askExit, offeredQuery, returnToReview } from "../../api/orders-desk";
import type { LineView, LineWays, OrderView } from "../../api/schema";
import { isZero } from "../../design/format-money";
import { Money } from "../../design/Money";
import { Actions } from "../../design/PageFrame";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useLocal, useTexts } from "../../i18n/texts";
import { DeedModal } from "./DeedModal";
import css from "./orders.module.css";

interface Props {
  order: OrderView;
  line: LineView;
  ways: LineWays;
  onNotice: (notice: string) => void;
}

/** What can be done with a line out of its usual course. */
export function Ways({ order, line, ways, onNotice }: Props) {
  const { orders: words } = useTexts(ordersDeskTexts);
  const [doing, setDoing] = useState<"return" | "refund" | "convert">();
  const close = () => setDoing(undefined);
  const at = { order: order.id, line: line.no };
  const done = (said: string) => () => {
    close();
    onNotice(said);
  };
  const button = (way: "return" | "refund" | "convert") => (
    <Button aria-label={words.ofLine(words.ways[way], line.no)} onClick={() => setDoing(way)}>
      {words.ways[way]}
    </Button>
  );
  const carries = order.lines.some(({ carried_from }) => carried_from === line.no);
  const isBegun = line.units.some(({ state }) => state !== "waiting");
  const { amount } = line.price;
  return (
    <>
      <Actions>
        {ways.return_to_review && button("return")}
        {ways.convert.length > 0 && button("convert")}
        {ways.refund && button("refund")}
      </Actions>
      {doing === "return" && (
        <DeedModal
          order={order.id}
          title={words.ofLine(words.ways.return, line.no)}
          will={[words.returning.review, words.returning.production, words.returning.money]}
          okText={words.returning.submit}
          hasReason
          onDo={({ reason }) => returnToReview(at, { reason })}
          onDone={done(words.returned(line.no))}
          onClose={close}
        />
      )}
      {doing === "refund" && (
        <DeedModal
          order={order.id}
          title={words.ofLine(words.ways.refund, line.no)}
          will={[
            words.refunding.second,
            words.refunding.end,
            ...(carries ? [words.refunding.carried] : []),
            ...(isBegun ? [words.refunding.scrapped] : []),
            ...(isZero(amount) ? [words.backNone] : []),
          ]}
          sums={isZero(amount) ? [] : [[words.refunding.money, amount]]}
          okText={words.refunding.submit}
          danger
          hasReason
          onDo={({ reason }) => askExit(at, { convert_to: null, reason })}
          onDone={done(words.askedNow(line.no))}
          onClose={close}
        />
      )}
      {doing === "convert" && (
        <Convert {...{ order, line, ways }} onDone={done(words.askedNow(line.no))} onClose={close} />
      )}
    </>
  );
}

interface ConvertProps {
  order: OrderView;
  line: LineView;
  ways: LineWays;
  onDone: () => void;
  onClose: () => void;
}

/** Asks which replacement a line becomes. Its price is looked up; the difference is the API's to work out. */
function Convert({ order, line, ways, onDone, onClose }: ConvertProps) {
  const { orders: words } = useTexts(ordersDeskTexts);
  const local = useLocal();
  const offered = useQuery(offeredQuery(order.storefront));
  const productOf = (sku: string) => offered.data?.products.find((product) => product.sku === sku);
  const name = (sku: string) => {
    const product = productOf(sku);
    return product ? local(product.name) : sku;
  };
  return (
    <DeedModal
      order={order.id}
      title={words.ofLine(words.ways.convert, line.no)}
      products={ways.convert.map((sku) => ({ value: sku, label: name(sku) }))}
      will={[words.converting.second, words.converting.become, words.converting.difference]}
      sums={[[words.converting.paid, line.price.amount]]}
      about={(sku) => {
        const product = productOf(sku);
        return (
          product && (
            <div className={css.sum}>
              <span>{words.converting.price}</span>
              <strong>
                <Money money={product.price} />
              </strong>
            </div>
          )
        );
      }}
      okText={words.converting.submit}
      hasReason
      onDo={({ reason, product }) => askExit({ order: order.id, line: line.no }, { convert_to: product, reason })}
      onDone={onDone}
      onClose={onClose}
    />
  );
}
