import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Select } from "antd";
import { useId } from "react";
import { Link, useSearchParams } from "react-router";

import { ordersQuery } from "../../api/company";
import type { DisplayState } from "../../api/schema";
import { PageFrame, Panel } from "../../design/PageFrame";
import { Empty, Loaded } from "../../design/Standing";
import { common } from "../../i18n/common";
import { company } from "../../i18n/company";
import { orderTexts } from "../../i18n/order";
import { useTexts } from "../../i18n/texts";
import { OrderCard } from "./OrderCard";
import css from "./orders.module.css";

/** In the order in which an order goes through them. */
const STATES: DisplayState[] = [
  "draft",
  "awaiting_payment",
  "awaiting_materials",
  "changes_requested",
  "under_review",
  "in_production",
  "shipped",
  "completed",
  "refunding",
  "refunded",
  "cancelled",
];

/** 订单管理: all orders of the company, by state. */
export function OrdersPage() {
  const texts = useTexts(common);
  const { display } = useTexts(orderTexts);
  const { orders } = useTexts(company);
  const [search, setSearch] = useSearchParams();
  const state = STATES.find((known) => known === search.get("state"));
  const list = useInfiniteQuery(ordersQuery(state));
  const label = useId();
  return (
    <PageFrame
      title={orders.title}
      beside={
        <div className="row">
          <label htmlFor={label} className="soft">
            {orders.filter}
          </label>
          <Select<DisplayState | "all">
            id={label}
            className={css.filter}
            value={state ?? "all"}
            options={[
              { value: "all", label: orders.all },
              ...STATES.map((value) => ({ value, label: display[value] })),
            ]}
            onChange={(value) => setSearch(value === "all" ? {} : { state: value })}
          />
        </div>
      }
    >
      <Panel>
        <Loaded of={list}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.orders);
            return rows.length === 0 ? (
              <Empty text={state ? orders.emptyState : orders.empty}>
                <Link to="/">{orders.toMall}</Link>
              </Empty>
            ) : (
              <ul className={css.list}>
                {rows.map((order) => (
                  <OrderCard key={order.id} order={order} />
                ))}
              </ul>
            );
          }}
        </Loaded>
        {list.hasNextPage && (
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
