import type { MouseEvent } from "react";
import { Link, useLocation, useNavigate } from "react-router";

import type { DisplayState, OrderRow } from "../../api/schema";
import { Money } from "../../design/Money";
import { StateTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { company } from "../../i18n/company";
import { orderTexts } from "../../i18n/order";
import { useLocal, useTexts } from "../../i18n/texts";
import type { FromList } from "./address";
import css from "./orders.module.css";

/** Where the one thing to do now is done; none where there is nothing to do, or only to look. */
function nextAddress({ id, display, items }: OrderRow): string | undefined {
  const line = items.find((item) => item.display === display)?.line ?? 1;
  const next: Partial<Record<DisplayState, string>> = {
    // The detail says what is missing, and has both: changing it and submitting it.
    draft: `/orders/${id}`,
    awaiting_payment: `/orders/${id}/pay`,
    submitted: `/orders/${id}/pay`,
    awaiting_materials: `/orders/${id}/lines/${String(line)}/materials`,
    changes_requested: `/orders/${id}/lines/${String(line)}/materials`,
    awaiting_agent: `/orders/${id}#line-${String(line)}`,
  };
  return next[display];
}

/** An order in a list: what it is, where it stands, what can be done. */
export function OrderCard({ order }: { order: OrderRow }) {
  const texts = useTexts(common);
  const { storefront } = useTexts(orderTexts);
  const { orders } = useTexts(company);
  const { time } = useTimes();
  const local = useLocal();
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  const state: FromList = { list: pathname === "/orders" ? search : "" };
  const detail = `/orders/${order.id}`;
  const open = ({ target }: MouseEvent) => {
    if (!(target as Element).closest("a")) {
      void navigate(detail, { state });
    }
  };
  // Where fingers point, one tap does what the second click of a mouse does (R71). Keys have the links.
  const tap = (event: MouseEvent) => {
    if (globalThis.matchMedia("(hover: none)").matches) {
      open(event);
    }
  };
  const actions: Partial<Record<DisplayState, string>> = orders.actions;
  const action = actions[order.display];
  const to = nextAddress(order);
  return (
    <li className={css.card} onDoubleClick={open} onClick={tap} title={orders.opens}>
      <div className={css.what}>
        {order.items.map((item) => (
          <div key={item.line} className={css.item}>
            <span>
              {local(item.product.name)} × {item.quantity}
            </span>
            {order.items.length > 1 && <StateTag state={item.display} />}
          </div>
        ))}
        <div className="small soft num">
          {storefront[order.storefront] ?? order.storefront} · {texts.orderNumber} {order.id} ·{" "}
          {orders.createdAt(time(order.created_at))}
        </div>
        <div className="small">
          {orders.next[order.display]}
          {order.pay_by && (order.display === "awaiting_payment" || order.display === "submitted") && (
            <span className="num"> {orders.payBy(time(order.pay_by))}</span>
          )}
        </div>
      </div>
      <div className={css.stand}>
        <StateTag state={order.display} />
        <strong>
          <Money money={order.total} />
        </strong>
      </div>
      <div className={css.links}>
        {action && to && (
          <Link className={css.action} to={to} state={state}>
            {action}
          </Link>
        )}
        <Link to={detail} state={state} aria-label={`${orders.detail} ${order.id}`}>
          {orders.detail}
        </Link>
      </div>
    </li>
  );
}
