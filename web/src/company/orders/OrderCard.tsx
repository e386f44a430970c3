import { Link } from "react-router";

import type { DisplayState, OrderRow } from "../../api/schema";
import { Money } from "../../design/Money";
import { StateTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { company } from "../../i18n/company";
import { useLocal, useTexts } from "../../i18n/texts";
import css from "./orders.module.css";

/** Where the one thing to do now is done; the detail when there is none. */
function nextAddress(order: OrderRow): string {
  const line = order.items.find((item) => item.display === order.display)?.line ?? 1;
  switch (order.display) {
    case "draft":
      return `/order/new?order=${order.id}`;
    case "awaiting_payment":
      return `/orders/${order.id}/pay`;
    case "awaiting_materials":
    case "changes_requested":
      return `/orders/${order.id}/lines/${String(line)}/materials`;
    case "under_review":
    case "in_production":
    case "shipped":
    case "completed":
    case "refunding":
    case "refunded":
    case "cancelled":
      return `/orders/${order.id}`;
  }
}

/** An order in a list: what it is, where it stands, what can be done. */
export function OrderCard({ order }: { order: OrderRow }) {
  const texts = useTexts(common);
  const { orders } = useTexts(company);
  const { time } = useTimes();
  const local = useLocal();
  const actions: Partial<Record<DisplayState, string>> = {
    draft: orders.goOn,
    awaiting_payment: orders.pay,
    awaiting_materials: orders.upload,
    changes_requested: orders.replace,
  };
  const action = actions[order.display];
  return (
    <li className={css.card}>
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
          {texts.orderNumber} {order.id} · {orders.createdAt(time(order.created_at))}
        </div>
        {order.display === "awaiting_payment" && order.pay_by && (
          <div className="small num">{orders.payBy(time(order.pay_by))}</div>
        )}
      </div>
      <div className={css.stand}>
        <StateTag state={order.display} />
        <strong>
          <Money money={order.total} />
        </strong>
      </div>
      <div className={css.links}>
        {action && (
          <Link className={css.action} to={nextAddress(order)}>
            {action}
          </Link>
        )}
        <Link to={`/orders/${order.id}`} aria-label={`${orders.detail} ${order.id}`}>
          {orders.detail}
        </Link>
      </div>
    </li>
  );
}
