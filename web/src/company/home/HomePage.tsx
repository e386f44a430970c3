import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { Link, useNavigate } from "react-router";

import { catalogQuery, ordersQuery, sessionQuery } from "../../api/company";
import type { DisplayState, Product } from "../../api/schema";
import { Money } from "../../design/Money";
import { PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Empty, Loaded } from "../../design/Standing";
import { common } from "../../i18n/common";
import { company } from "../../i18n/company";
import { useLocal, useTexts } from "../../i18n/texts";
import { OrderCard } from "../orders/OrderCard";
import { QualificationNotice } from "../shell/QualificationNotice";
import css from "./home.module.css";

/** What waits for the company, most pressing first. */
const WAITING = ["changes_requested", "awaiting_payment", "awaiting_materials"] as const satisfies DisplayState[];

/** The storefront: what is on sale, how it goes on from there, and what waits for me. */
export function HomePage() {
  const { home } = useTexts(company);
  const { data: session } = useQuery(sessionQuery);
  const catalog = useQuery(catalogQuery);
  return (
    <PageFrame title={home.title}>
      <p className={css.lead}>{home.lead}</p>
      {session && <QualificationNotice session={session} />}
      {session && <Waiting />}
      <Panel title={home.products}>
        <Loaded of={catalog}>
          {({ products }) =>
            products.length === 0 ? (
              <Empty text={home.soldOut} />
            ) : (
              <ul className={css.products}>
                {products.map((product) => (
                  <ProductCard key={product.sku} product={product} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Panel>
      <Panel title={home.process}>
        <ol className={css.process}>
          {home.steps.map(([title, text], place) => (
            <li key={title}>
              <span className={css.number} aria-hidden="true">
                {place + 1}
              </span>
              <div>
                <h3>{title}</h3>
                <p className="small soft">{text}</p>
              </div>
            </li>
          ))}
        </ol>
      </Panel>
    </PageFrame>
  );
}

function ProductCard({ product }: { product: Product }) {
  const { home } = useTexts(company);
  const texts = useTexts(common);
  const local = useLocal();
  const navigate = useNavigate();
  const facts = [
    home.term(product.term_years),
    texts.medium[product.medium],
    ...(product.seal ? [texts.withSeal] : []),
  ];
  return (
    <li className={css.product}>
      <div className={css.about}>
        <h3>{local(product.name)}</h3>
        <p className="soft">{local(product.description)}</p>
        <ul className={css.marks}>
          {facts.map((fact) => (
            <li key={fact}>{fact}</li>
          ))}
        </ul>
      </div>
      <div className={css.buy}>
        <div>
          <span className={css.price}>
            <Money money={product.price} />
          </span>{" "}
          <span className="soft small">{home.perKey}</span>
        </div>
        <Button
          type="primary"
          size="large"
          aria-label={`${home.apply} ${local(product.name)}`}
          onClick={() => void navigate(`/order/new?sku=${encodeURIComponent(product.sku)}`)}
        >
          {home.apply}
        </Button>
      </div>
    </li>
  );
}

function Waiting() {
  const { home, orders: list } = useTexts(company);
  const { loading } = useTexts(common);
  const lists = [
    useInfiniteQuery(ordersQuery(WAITING[0])),
    useInfiniteQuery(ordersQuery(WAITING[1])),
    useInfiniteQuery(ordersQuery(WAITING[2])),
  ];
  const failed = lists.find((list) => list.error);
  const orders = lists.flatMap((list) => list.data?.pages.flatMap((page) => page.orders) ?? []);
  const known = lists.every((list) => list.data);
  return (
    <Panel title={home.todo} beside={<Link to="/orders">{list.title}</Link>}>
      {failed && <ProblemAlert error={failed.error} onRetry={() => void failed.refetch()} />}
      {orders.length > 0 ? (
        <ul className={css.waiting}>
          {orders.slice(0, 5).map((order) => (
            <OrderCard key={order.id} order={order} />
          ))}
        </ul>
      ) : (
        !failed && <p className="soft">{known ? home.todoEmpty : loading}</p>
      )}
    </Panel>
  );
}
