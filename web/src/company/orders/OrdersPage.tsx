import { useInfiniteQuery, useQueries } from "@tanstack/react-query";
import { Alert, Button, Input, Select } from "antd";
import { useId, useState } from "react";
import { Link, useSearchParams } from "react-router";

import { catalogQuery, type OrderFilter, ordersQuery } from "../../api/company";
import type { DisplayState, ProductKind } from "../../api/schema";
import { PageFrame, Panel } from "../../design/PageFrame";
import { Empty, Loaded } from "../../design/Standing";
import { common } from "../../i18n/common";
import { company } from "../../i18n/company";
import { invoiceTexts } from "../../i18n/invoices";
import { orderTexts } from "../../i18n/order";
import { useTexts } from "../../i18n/texts";
import { COUNTER, MALL } from "../storefronts";
import { filterOf, isBackwards, isDay, KINDS, STATES } from "./filter";
import { OrderCard } from "./OrderCard";
import css from "./orders.module.css";

/** 我的订单: all orders of the company at both storefronts, filtered by what stands in the address. */
export function OrdersPage() {
  const texts = useTexts(common);
  const { display, kind: kinds } = useTexts(orderTexts);
  const { orders } = useTexts(company);
  const { title: invoices } = useTexts(invoiceTexts);
  const [search, setSearch] = useSearchParams();
  const filter = filterOf(search);
  const backwards = isBackwards(filter);
  const list = useInfiniteQuery({ ...ordersQuery(filter), enabled: !backwards });
  const set = (next: OrderFilter) => setSearch({ ...next });
  const active = [
    ...(filter.state ? [orders.said.state(display[filter.state])] : []),
    ...(filter.kind ? [orders.said.kind(kinds[filter.kind])] : []),
    ...(filter.from ? [orders.said.from(filter.from)] : []),
    ...(filter.to ? [orders.said.to(filter.to)] : []),
  ];
  const clear = <Button onClick={() => setSearch({})}>{orders.clear}</Button>;
  return (
    <PageFrame title={orders.title} beside={<Link to="/invoices">{invoices}</Link>}>
      <Panel>
        <Filters filter={filter} onChange={set} />
        {backwards ? (
          <Alert type="warning" showIcon role="alert" title={orders.backwards} action={clear} />
        ) : (
          <Loaded of={list}>
            {({ pages }) => {
              const rows = pages.flatMap((page) => page.orders);
              return rows.length > 0 ? (
                <ul className={css.list}>
                  {rows.map((order) => (
                    <OrderCard key={order.id} order={order} />
                  ))}
                </ul>
              ) : active.length > 0 ? (
                <Empty text={orders.emptyFiltered(active.join(texts.list))}>{clear}</Empty>
              ) : (
                <Empty text={orders.empty}>
                  <Link to={MALL.home}>{orders.toMall}</Link>
                  <Link to={COUNTER.home}>{orders.toCounter}</Link>
                </Empty>
              );
            }}
          </Loaded>
        )}
        {!backwards && list.hasNextPage && (
          <div className={css.more}>
            <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              {texts.loadMore}
            </Button>
          </div>
        )}
      </Panel>
    </PageFrame>
  );
}

/** State, kind, first and last day. Each change is an address of its own, so that back leads through them. */
function Filters({ filter, onChange }: { filter: OrderFilter; onChange: (filter: OrderFilter) => void }) {
  const { display, kind: kinds } = useTexts(orderTexts);
  const { orders } = useTexts(company);
  const known = useQueries({
    queries: [MALL, COUNTER].map(({ id }) => catalogQuery(id)),
    combine: (answers) => new Set(answers.flatMap(({ data }) => data?.states ?? [])),
  });
  const id = useId();
  // As long as no storefront has answered every state may be asked for.
  const states = STATES.filter((state) => known.size === 0 || known.has(state) || state === filter.state);
  const change = (next: { [Name in keyof OrderFilter]: OrderFilter[Name] | undefined }) => {
    const { state, kind, from, to } = { ...filter, ...next };
    onChange({ ...(state && { state }), ...(kind && { kind }), ...(from && { from }), ...(to && { to }) });
  };
  return (
    <search className={css.filters} aria-label={orders.filters}>
      <div>
        <label htmlFor={`${id}state`}>{orders.filter}</label>
        <Select<DisplayState | "all">
          id={`${id}state`}
          value={filter.state ?? "all"}
          options={[{ value: "all", label: orders.all }, ...states.map((value) => ({ value, label: display[value] }))]}
          onChange={(value) => change({ state: value === "all" ? undefined : value })}
        />
      </div>
      <div>
        <label htmlFor={`${id}kind`}>{orders.kind}</label>
        <Select<ProductKind | "all">
          id={`${id}kind`}
          value={filter.kind ?? "all"}
          options={[{ value: "all", label: orders.all }, ...KINDS.map((value) => ({ value, label: kinds[value] }))]}
          onChange={(value) => change({ kind: value === "all" ? undefined : value })}
        />
      </div>
      <Day id={`${id}from`} label={orders.from} value={filter.from} onChange={(from) => change({ from })} />
      <Day id={`${id}to`} label={orders.to} value={filter.to} onChange={(to) => change({ to })} />
    </search>
  );
}

interface DayProps {
  id: string;
  label: string;
  value: string | undefined;
  onChange: (day: string | undefined) => void;
}

/** A day. What is typed counts once it is whole; emptied, it filters no more. */
function Day({ id, label, value, onChange }: DayProps) {
  const [typed, setTyped] = useState(value ?? "");
  const [shown, setShown] = useState(value);
  if (shown !== value) {
    // Somebody went back, or cleared the filters.
    setShown(value);
    setTyped(value ?? "");
  }
  const empty = () => {
    if (typed === "" && value !== undefined) {
      onChange(undefined);
    }
  };
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      <Input
        id={id}
        type="date"
        value={typed}
        onChange={({ target }) => {
          setTyped(target.value);
          if (isDay(target.value)) {
            onChange(target.value);
          }
        }}
        onBlur={empty}
        onPressEnter={empty}
      />
    </div>
  );
}
