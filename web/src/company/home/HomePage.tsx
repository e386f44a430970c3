import { useQueries, useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { Link, useNavigate } from "react-router";

import { catalogQuery, sessionQuery } from "../../api/company";
import { newestQuery } from "../../api/ordering";
import type { CatalogView, DisplayState, Product } from "../../api/schema";
import { readDraft } from "../../design/draft";
import { formatMoney } from "../../design/format-money";
import { Money } from "../../design/Money";
import { PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Empty, Loaded } from "../../design/Standing";
import { common } from "../../i18n/common";
import { company } from "../../i18n/company";
import { homeTexts } from "../../i18n/home";
import { orderTexts } from "../../i18n/order";
import { useLocal, useTexts } from "../../i18n/texts";
import { OrderCard } from "../orders/OrderCard";
import { QualificationNotice } from "../shell/QualificationNotice";
import { COUNTER, MALL, type Storefront } from "../storefronts";
import css from "./home.module.css";

/** What waits for the company, most pressing first. */
const WAITING: readonly DisplayState[] = [
  "changes_requested",
  "awaiting_payment",
  "submitted",
  "awaiting_materials",
  "awaiting_agent",
  "draft",
];

/** 商城 (R6). */
export function HomePage() {
  return <Home storefront={MALL} />;
}

/** 订单服务 (R57). */
export function CounterHomePage() {
  return <Home storefront={COUNTER} />;
}

/** A storefront: what is on sale, how it goes on from there, and what waits for me. */
function Home({ storefront }: { storefront: Storefront }) {
  const words = useTexts(homeTexts);
  const own = words[storefront.words];
  const { data: session } = useQuery(sessionQuery);
  const catalog = useQuery(catalogQuery(storefront.id));
  return (
    <PageFrame title={own.title}>
      <p className={css.lead}>{own.lead}</p>
      {session && storefront.gate && <QualificationNotice session={session} />}
      {session && <List storefront={storefront} company={session.company} />}
      {session && <Waiting />}
      <Loaded of={catalog}>
        {(view) => (
          <>
            <Panel title={own.products} beside={session && <Link to="/keys">{words.keys}</Link>}>
              {view.products.length === 0 ? (
                <Empty text={words.soldOut} />
              ) : (
                <Products storefront={storefront} catalog={view} />
              )}
            </Panel>
            <Panel title={words.process}>
              <ol className={css.process}>
                {words.steps[view.materials].map(([title, text], place) => (
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
          </>
        )}
      </Loaded>
    </PageFrame>
  );
}

/** What is on sale, each kind by itself (R4, R5). */
function Products({ storefront, catalog }: { storefront: Storefront; catalog: CatalogView }) {
  const words = useTexts(homeTexts);
  const { kind: names } = useTexts(orderTexts);
  const kinds = [...new Set(catalog.products.map(({ kind }) => kind))];
  return (
    <div className={css.kinds}>
      {kinds.map((kind) => (
        <section key={kind} aria-label={names[kind]}>
          <h3 className={css.kind}>{names[kind]}</h3>
          <p className="small soft">{words.kind[kind]}</p>
          <ul className={css.products}>
            {catalog.products
              .filter((product) => product.kind === kind)
              .map((product) => (
                <ProductCard key={product.sku} storefront={storefront} product={product} />
              ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function ProductCard({ storefront, product }: { storefront: Storefront; product: Product }) {
  const words = useTexts(homeTexts);
  const texts = useTexts(common);
  const local = useLocal();
  const navigate = useNavigate();
  const term = product.kind === "renewal" ? words.renewalTerm : words.term;
  const facts = [
    ...(product.term_years > 0 ? [term(product.term_years)] : []),
    texts.medium[product.medium],
    ...(product.seal && !product.seal_price ? [texts.withSeal] : []),
    ...(product.seal_price ? [words.perSeal(formatMoney(product.seal_price))] : []),
  ];
  return (
    <li className={css.product}>
      <div className={css.about}>
        <h4>{local(product.name)}</h4>
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
          <span className="soft small">{words.perKey}</span>
        </div>
        <div className={css.buttons}>
          {words[storefront.words].buttons.map((label, place) => (
            <Button
              key={label}
              {...(place === 0 && { type: "primary" })}
              size="large"
              aria-label={`${label} ${local(product.name)}`}
              onClick={() => void navigate(`${storefront.form}?sku=${encodeURIComponent(product.sku)}`)}
            >
              {label}
            </Button>
          ))}
        </div>
      </div>
    </li>
  );
}

/** What was chosen in this tab and not submitted. */
function List({ storefront, company: id }: { storefront: Storefront; company: string }) {
  const words = useTexts(homeTexts);
  const { lines } = readDraft<{ lines: unknown[] }>(`list:${id}:${storefront.id}`, { lines: [] });
  return lines.length === 0 ? null : (
    <Panel title={words[storefront.words].list} beside={<Link to={storefront.form}>{words.goOn}</Link>}>
      <p className="soft">{words.inList(lines.length)}</p>
    </Panel>
  );
}

function Waiting() {
  const words = useTexts(homeTexts);
  const { orders: list } = useTexts(company);
  const { loading } = useTexts(common);
  const lists = useQueries({ queries: WAITING.map(newestQuery) });
  const failed = lists.find((asked) => asked.error);
  const orders = lists.flatMap((asked) => asked.data?.orders ?? []);
  const isKnown = lists.every((asked) => asked.data);
  return (
    <Panel title={words.todo} beside={<Link to="/orders">{list.title}</Link>}>
      {failed && <ProblemAlert error={failed.error} onRetry={() => void failed.refetch()} />}
      {orders.length > 0 ? (
        <ul className={css.waiting}>
          {orders.slice(0, 5).map((order) => (
            <OrderCard key={order.id} order={order} />
          ))}
        </ul>
      ) : (
        !failed && <p className="soft">{isKnown ? words.todoEmpty : loading}</p>
      )}
    </Panel>
  );
}
