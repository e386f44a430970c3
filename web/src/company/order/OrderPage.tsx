import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useLocation, useParams } from "react-router";

import { catalogQuery, historyQuery, orderQuery } from "../../api/company";
import type { OrderView } from "../../api/schema";
import { History } from "../../design/History";
import { Money } from "../../design/Money";
import { OrderSteps } from "../../design/OrderSteps";
import { Facts, PageFrame, Panel } from "../../design/PageFrame";
import { Recipient } from "../../design/Recipient";
import { Loaded, Loading } from "../../design/Standing";
import { StateTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { company } from "../../i18n/company";
import { invoiceTexts } from "../../i18n/invoices";
import { orderTexts } from "../../i18n/order";
import { orderPage } from "../../i18n/order-page";
import { useTexts } from "../../i18n/texts";
import { listAddress } from "../orders/address";
import { Line } from "./Line";
import { lineId, lineNamed } from "./line-address";
import { Next } from "./Next";
import css from "./order.module.css";
import { Invoice } from "../invoices/Invoice";
import { Refunds } from "./Refunds";
import { Begin } from "./service/Begin";
import { isWaiting, useService } from "./service/use-service";
import { isMixed, orderWay } from "./steps";

// Comes when somebody wants something done with a key.
const ServicePanel = lazy(() => import("./service/ServicePanel").then((m) => ({ default: m.ServicePanel })));

/** An order is looked at to see it move (R22), so it renews itself. */
const RENEWAL_MS = 10_000;

/** Does nothing move any more? Money on its way back, and invoices, move after the end. */
function isSettled({ ended_at, refunds, invoices }: OrderView): boolean {
  return (
    Boolean(ended_at) &&
    refunds.every(({ progress }) => progress === "done") &&
    invoices.every(({ progress }) => progress === "issued" || progress === "reversed")
  );
}

/** 订单明细: where the order stands, what comes next, and everything that happened. */
export function OrderPage() {
  const { order: number = "" } = useParams();
  const words = useTexts(orderPage);
  const { orders } = useTexts(company);
  const { state: from, hash } = useLocation() as { state: unknown; hash: string };
  const order = useQuery({
    ...orderQuery(number),
    refetchInterval: ({ state }) => (state.data && isSettled(state.data) ? false : RENEWAL_MS),
  });
  // As one came: an operation of the agent changes the address afterwards.
  const [named] = useState(() => lineNamed(hash));
  const isThere = order.data !== undefined;
  useEffect(() => {
    const line = isThere && named !== undefined ? document.getElementById(lineId(named)) : null;
    line?.focus({ preventScroll: true });
    line?.scrollIntoView({ block: "start" });
  }, [isThere, named]);
  return (
    <PageFrame
      title={words.title}
      back={{ to: listAddress(from), label: orders.title }}
      beside={order.data && <StateTag state={order.data.display} />}
    >
      <Loaded of={order}>{(view) => <Order order={view} named={named} />}</Loaded>
    </PageFrame>
  );
}

interface Props {
  order: OrderView;
  /** The line that one came for. */
  named: number | undefined;
}

function Order({ order, named }: Props) {
  const { history: historyTitle, display } = useTexts(orderTexts);
  const words = useTexts(orderPage);
  const client = useQueryClient();
  const catalog = useQuery(catalogQuery(order.storefront));
  const history = useQuery({
    ...historyQuery(order.id),
    refetchInterval: isSettled(order) ? false : RENEWAL_MS,
  });
  const ended = isSettled(order);
  const wasOpen = useRef(!ended);
  useEffect(() => {
    // What was asked before the end was known lacks what came last.
    if (ended && wasOpen.current) {
      wasOpen.current = false;
      void client.invalidateQueries({ queryKey: historyQuery(order.id).queryKey });
    }
  }, [ended, client, order.id]);
  const branch = catalog.data?.branches.find(({ id }) => id === order.delivery.branch)?.name;
  const goesBack = order.display === "refunding" || order.display === "refunded";
  const { steps, now } = orderWay(order);
  const mixed = isMixed(order);
  const service = useService(order);
  const waiting = order.lines.filter(isWaiting);
  // One thing to do is done at the top; of several each is done at its line, and so is the one that one came for.
  const next = order.display === "awaiting_agent" && waiting.length === 1 ? waiting[0] : undefined;
  const isServing = service.agent.isOpen || service.asking !== undefined;
  // Once it is here it stays, to close in good order.
  const [wasServing, setServing] = useState(isServing);
  if (isServing && !wasServing) {
    setServing(true);
  }
  return (
    <>
      <Panel>
        {order.display !== "cancelled" && (
          <OrderSteps
            label={words.progress}
            steps={goesBack ? words.refundSteps : steps.map((step) => words.steps[step])}
            now={goesBack ? (order.display === "refunded" ? words.refundSteps.length : 1) : now}
          />
        )}
        <Next order={order} branch={branch}>
          {next && <Begin line={next} service={service} />}
        </Next>
      </Panel>
      {order.refunds.length > 0 && <Refunds refunds={order.refunds} />}
      {order.invoices.length > 0 && (
        <Panel title={words.invoice}>
          {order.invoices.map((invoice) => (
            <Invoice key={invoice.no} invoice={invoice} alone />
          ))}
        </Panel>
      )}
      <Panel title={words.lines}>
        {order.lines.map((line) => (
          <Line key={line.no} order={order} line={line} mixed={mixed} isNamed={line.no === named}>
            {isWaiting(line) && (line !== next || line.no === named) && <Begin line={line} service={service} />}
          </Line>
        ))}
        <div className={css.total}>
          <span className="soft">{words.total}</span>
          <strong>
            <Money money={order.total} />
          </strong>
        </div>
      </Panel>
      <div className={css.columns}>
        <Panel title={historyTitle}>
          <Loaded of={history}>
            {({ events }) => (
              <History
                events={events}
                lines={order.lines.length}
                renamed={{
                  ...(catalog.data?.states.includes("submitted") && { awaiting_payment: display.submitted }),
                  // Papers that are part of the draft are waited for as long as it is one.
                  ...(order.lines.some(({ plan }) => plan.materials === "before_submit") && {
                    awaiting_materials: display.draft,
                  }),
                  ...(order.delivery.kind === "branch_pickup" && { in_production: display.handling }),
                }}
              />
            )}
          </Loaded>
        </Panel>
        <About order={order} branch={branch} />
      </div>
      {wasServing && (
        <Suspense fallback={<Loading />}>
          <ServicePanel order={order} service={service} />
        </Suspense>
      )}
    </>
  );
}

/** What was chosen, whom it names, and when. */
function About({ order, branch }: { order: OrderView; branch: string | undefined }) {
  const texts = useTexts(common);
  const { delivery: ways, storefront } = useTexts(orderTexts);
  const words = useTexts(orderPage);
  const { form: invoiceForm } = useTexts(invoiceTexts);
  const { time } = useTimes();
  const { kind, address } = order.delivery;
  const times = (
    [
      [words.createdAt, order.created_at],
      [words.submittedAt, order.submitted_at],
      [words.paidAt, order.paid_at],
      [words.endedAt, order.ended_at],
    ] as const
  ).flatMap(([label, at]) => (at ? [[label, time(at)] as const] : []));
  return (
    <Panel title={words.about} className={css.about}>
      <Facts
        facts={[
          [texts.orderNumber, <span className="num">{order.id}</span>],
          [words.storefront, storefront[order.storefront] ?? order.storefront],
          [
            words.subject,
            <>
              {order.subject.company_name}
              <br />
              <span className="num">{order.subject.credit_code}</span>
            </>,
          ],
          [words.urgency, texts.urgency[order.urgency]],
          [words.delivery, ways[kind]],
          ...(kind === "branch_pickup" ? ([[words.pickup, branch ?? words.branch]] as const) : []),
          ...(address ? ([[words.address, <Recipient address={address} />]] as const) : []),
          [
            words.invoice,
            order.invoice ? (
              <>
                <span>{texts.invoice[order.invoice.kind]}</span>
                {order.invoice.ask_special && ` · ${invoiceForm.askSpecial}`}
                {order.invoice.buyer && (
                  <>
                    <br />
                    {order.invoice.buyer.title} <span className="num">{order.invoice.buyer.tax_number}</span>
                  </>
                )}
              </>
            ) : (
              texts.noInvoice
            ),
          ],
          [
            words.contact,
            <>
              {order.contact.name} <span className="num">{order.contact.mobile}</span>
              <br />
              {order.contact.mail}
            </>,
          ],
          ...times,
        ]}
      />
    </Panel>
  );
}
