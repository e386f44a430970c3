import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Modal, Popconfirm } from "antd";
import { useEffect, useRef, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";

import { cancelOrder, historyQuery, orderQuery, submitOrder } from "../../api/company";
import type { DisplayState, LineView, OrderView } from "../../api/schema";
import { formatMoney, isZero } from "../../design/format-money";
import { History, ParcelEvents, Refusals } from "../../design/History";
import { Money } from "../../design/Money";
import { OrderSteps } from "../../design/OrderSteps";
import { Actions, Facts, PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded } from "../../design/Standing";
import { StateTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { company } from "../../i18n/company";
import { orderTexts } from "../../i18n/order";
import { useLocal, useTexts } from "../../i18n/texts";
import css from "./order.module.css";
import { Refunds } from "./Refunds";

/** An order is looked at to see it move (R22), so it renews itself. */
const RENEWAL_MS = 10_000;

/** Which step is going on in each state. */
const STEP: Record<DisplayState, number> = {
  draft: 0,
  awaiting_payment: 1,
  awaiting_materials: 2,
  changes_requested: 2,
  under_review: 3,
  in_production: 4,
  shipped: 5,
  completed: 7,
  refunding: 1,
  refunded: 3,
  cancelled: -1,
};

/** Does nothing move any more? Money on its way back moves after the end. */
function isSettled({ ended_at, refunds }: OrderView): boolean {
  return Boolean(ended_at) && refunds.every(({ progress }) => progress === "done");
}

/** 订单明细: where the order stands, what comes next, and everything that happened. */
export function OrderPage() {
  const { order: number = "" } = useParams();
  const { order: words, orders } = useTexts(company);
  const order = useQuery({
    ...orderQuery(number),
    refetchInterval: ({ state }) => (state.data && isSettled(state.data) ? false : RENEWAL_MS),
  });
  return (
    <PageFrame
      title={words.title}
      back={{ to: "/orders", label: orders.title }}
      beside={order.data && <StateTag state={order.data.display} />}
    >
      <Loaded of={order}>{(view) => <Order order={view} />}</Loaded>
    </PageFrame>
  );
}

function Order({ order }: { order: OrderView }) {
  const texts = useTexts(common);
  const { history: historyTitle } = useTexts(orderTexts);
  const { order: words } = useTexts(company);
  const { time } = useTimes();
  const client = useQueryClient();
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
  const { name, mobile, province, city, district, detail } = order.delivery.address;
  const times = (
    [
      [words.createdAt, order.created_at],
      [words.submittedAt, order.submitted_at],
      [words.paidAt, order.paid_at],
      [words.endedAt, order.ended_at],
    ] as const
  ).flatMap(([label, at]) => (at ? [[label, time(at)] as const] : []));
  const goesBack = order.display === "refunding" || order.display === "refunded";
  return (
    <>
      <Panel>
        {order.display !== "cancelled" && (
          <OrderSteps
            label={words.progress}
            steps={goesBack ? words.refundSteps : words.steps}
            now={STEP[order.display]}
          />
        )}
        <Next order={order} />
      </Panel>
      {order.refunds.length > 0 && <Refunds refunds={order.refunds} />}
      <Panel title={words.lines}>
        {order.lines.map((line) => (
          <Line key={line.no} line={line} alone={order.lines.length === 1} />
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
          <Loaded of={history}>{({ events }) => <History events={events} lines={order.lines.length} />}</Loaded>
        </Panel>
        <Panel title={words.about} className={css.about}>
          <Facts
            facts={[
              [texts.orderNumber, <span className="num">{order.id}</span>],
              [
                words.subject,
                <>
                  {order.subject.company_name}
                  <br />
                  <span className="num">{order.subject.credit_code}</span>
                </>,
              ],
              [words.urgency, texts.urgency[order.urgency]],
              [
                words.address,
                <>
                  {name} <span className="num">{mobile}</span>
                  <br />
                  {[province, city, district, detail].join(" ")}
                </>,
              ],
              [words.invoice, order.invoice ? texts.invoice[order.invoice.kind] : texts.noInvoice],
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
      </div>
    </>
  );
}

/** What comes next, and the one thing that the company can do about it. */
function Next({ order }: { order: OrderView }) {
  const { order: words } = useTexts(company);
  const { time } = useTimes();
  const client = useQueryClient();
  const navigate = useNavigate();
  const take = (view: OrderView) => {
    client.setQueryData(orderQuery(order.id).queryKey, view);
    void client.invalidateQueries({ queryKey: ["orders"] });
  };
  const submit = useMutation({
    mutationFn: () => submitOrder(order.id),
    onSuccess: (view) => {
      take(view);
      void navigate(`/orders/${order.id}/pay`);
    },
  });
  const cancel = useMutation({
    mutationFn: () => cancelOrder(order.id),
    onSuccess: take,
    onError: () => void client.invalidateQueries({ queryKey: orderQuery(order.id).queryKey }),
  });
  const [isAsking, setAsking] = useState(false);
  const line = order.lines.find((one) => one.display === order.display);
  const materials = `/orders/${order.id}/lines/${String(line?.no ?? 1)}/materials`;
  const primary = (label: string, to: string) => (
    <Button type="primary" size="large" onClick={() => void navigate(to)}>
      {label}
    </Button>
  );
  return (
    <div className={css.next}>
      <div>
        <h2>{words.next}</h2>
        <p>{nextWords(order, words)}</p>
        {order.display === "awaiting_payment" && order.pay_by && (
          <p className="soft">{words.payBy(time(order.pay_by))}</p>
        )}
      </div>
      <ProblemAlert error={submit.error ?? cancel.error} />
      <Actions>
        {order.display === "draft" && (
          <>
            <Button type="primary" size="large" loading={submit.isPending} onClick={() => submit.mutate()}>
              {words.submit}
            </Button>
            <Button size="large" onClick={() => void navigate(`/order/new?order=${order.id}`)}>
              {words.change}
            </Button>
          </>
        )}
        {order.display === "awaiting_payment" && primary(words.pay, `/orders/${order.id}/pay`)}
        {order.display === "awaiting_materials" && primary(words.upload, materials)}
        {order.display === "changes_requested" && primary(words.replace, materials)}
        {order.can_cancel &&
          (order.state === "paid" ? (
            <Button type="text" size="large" loading={cancel.isPending} onClick={() => setAsking(true)}>
              {words.cancel}
            </Button>
          ) : (
            <Popconfirm
              title={words.cancelSure}
              okText={words.cancelYes}
              cancelText={words.cancelNo}
              okButtonProps={{ danger: true }}
              onConfirm={() => cancel.mutate()}
            >
              <Button type="text" size="large" loading={cancel.isPending}>
                {words.cancel}
              </Button>
            </Popconfirm>
          ))}
      </Actions>
      <Modal
        open={isAsking && order.can_cancel && order.state === "paid"}
        title={words.cancelPaid.title}
        okText={words.cancelPaid.yes}
        cancelText={words.cancelNo}
        okButtonProps={{ danger: true }}
        onOk={() => {
          setAsking(false);
          cancel.mutate();
        }}
        onCancel={() => setAsking(false)}
      >
        <div className="stack">
          <p>
            <strong>{words.cancelPaid.sum(formatMoney(order.total))}</strong> {words.cancelPaid.when}
          </p>
          <p>{words.cancelPaid.papers}</p>
        </div>
      </Modal>
    </div>
  );
}

type Words = (typeof company)["zh"]["order"];

function nextWords({ display, urgency }: OrderView, words: Words): string {
  if (urgency !== "none" && display === "under_review") {
    return words.urgentReview;
  }
  if (urgency !== "none" && display === "in_production") {
    return words.urgentProduction[urgency];
  }
  return words.nextWords[display];
}

function Line({ line, alone }: { line: LineView; alone: boolean }) {
  const texts = useTexts(orderTexts);
  const { order: words } = useTexts(company);
  const local = useLocal();
  const { day } = useTimes();
  const { unit_price, unit_surcharge, quantity, amount } = line.price;
  const written = line.units.filter((unit) => unit.certificate_serial);
  const handlesMaterials = line.display === "awaiting_materials" || line.display === "changes_requested";
  return (
    <article className={css.line} aria-label={local(line.product.name)}>
      <div className={css.lineHead}>
        <h3>{local(line.product.name)}</h3>
        <StateTag state={line.display} />
        <span className={css.amount}>
          <span className="soft small num">
            {isZero(unit_surcharge)
              ? words.price(formatMoney(unit_price), quantity)
              : words.priceUrgent(formatMoney(unit_price), formatMoney(unit_surcharge), quantity)}
          </span>{" "}
          <Money money={amount} />
        </span>
      </div>
      {line.refusals.length > 0 && (
        <div className={css.refused}>
          <h3>{words.refused}</h3>
          <Refusals refusals={line.refusals} />
        </div>
      )}
      {handlesMaterials && !alone && <Link to={`lines/${String(line.no)}/materials`}>{words.upload}</Link>}
      {written.length > 0 && (
        <div>
          <h3>{words.keys}</h3>
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
          <h3>{words.parcel}</h3>
          <p className={css.waybill}>
            {texts.waybill} <strong className="num">{line.parcel.waybill}</strong>
          </p>
          <ParcelEvents events={line.parcel.events} empty={words.parcelNone} />
        </div>
      )}
    </article>
  );
}
