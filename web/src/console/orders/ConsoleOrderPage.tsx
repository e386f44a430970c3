import { useQuery } from "@tanstack/react-query";
import { Alert } from "antd";
import { type ReactNode, useState } from "react";
import { Link, useParams } from "react-router";

import { consoleOrderQuery } from "../../api/orders-desk";
import type { ConsoleOrder, OrderView, RefundProgress, RefundView } from "../../api/schema";
import { branchesQuery } from "../../api/staff";
import { CopyText } from "../../design/CopyText";
import { Money } from "../../design/Money";
import { Facts, PageFrame, Panel } from "../../design/PageFrame";
import { Recipient } from "../../design/Recipient";
import { Loaded } from "../../design/Standing";
import { StateTag, ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import type { Tone } from "../../design/tokens";
import { common } from "../../i18n/common";
import { orderTexts } from "../../i18n/order";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useTexts } from "../../i18n/texts";
import { useStaff } from "../shell/ConsoleShell";
import { LineCard } from "./LineCard";
import css from "./orders.module.css";
import { StaffHistory } from "./StaffHistory";
import { Waiting } from "./Waiting";

const REFUND_TONES: Record<RefundProgress, Tone> = { under_way: "moving", delayed: "attention", done: "done" };

/** An order whole before the staff, and what can be done with it. */
export function ConsoleOrderPage() {
  const { order = "" } = useParams();
  const { orders: words } = useTexts(ordersDeskTexts);
  const found = useQuery(consoleOrderQuery(order));
  return (
    <PageFrame
      title={`${words.one} ${order}`}
      width="wide"
      back={{ to: "/console/orders", label: words.title }}
      beside={found.data && <StateTag state={found.data.order.display} />}
    >
      <Loaded of={found}>{(view) => <Order key={order} view={view} />}</Loaded>
    </PageFrame>
  );
}

function Order({ view: { order, exits, ways, history } }: { view: ConsoleOrder }) {
  const { orders: words } = useTexts(ordersDeskTexts);
  const [notice, setNotice] = useState<string>();
  const say = (text: string) => {
    setNotice(text);
    window.scrollTo({ top: 0, behavior: "smooth" });
  };
  const waits = (line: number) => exits.some((exit) => exit.line === line);
  return (
    <>
      {notice && <Alert key={notice} type="success" showIcon role="status" title={notice} />}
      {exits.length > 0 && <Waiting order={order.id} exits={exits} onNotice={say} />}
      <div className={css.columns}>
        <div className={css.main}>
          <Panel title={words.lines}>
            <div>
              {order.lines.map((line) => (
                <LineCard
                  key={line.no}
                  order={order}
                  line={line}
                  ways={waits(line.no) ? undefined : ways.find((way) => way.line === line.no)}
                  onNotice={say}
                />
              ))}
            </div>
          </Panel>
          <Refunds refunds={order.refunds} />
        </div>
        <div className={css.side}>
          <About order={order} />
          <Panel title={words.history}>
            <StaffHistory history={history} lines={order.lines.length} />
          </Panel>
        </div>
      </div>
    </>
  );
}

function About({ order }: { order: OrderView }) {
  const texts = useTexts(common);
  const { storefront, delivery: way } = useTexts(orderTexts);
  const { orders: words } = useTexts(ordersDeskTexts);
  const { time } = useTimes();
  const staff = useStaff();
  const { address, branch, kind } = order.delivery;
  const branches = useQuery({ ...branchesQuery, enabled: Boolean(branch) });
  const when = (name: string, at: string | null | undefined): (readonly [string, ReactNode])[] =>
    at ? [[name, <span className="num">{time(at)}</span>]] : [];
  return (
    <Panel
      title={words.about}
      beside={staff.roles.includes("finance") && <Link to={`/console/ledger/orders/${order.id}`}>{words.books}</Link>}
    >
      <Facts
        facts={[
          [texts.orderNumber, <CopyText text={order.id} label={texts.orderNumber} />],
          [texts.subject.company, <strong>{order.subject.company_name}</strong>],
          [texts.subject.creditCode, <span className="num">{order.subject.credit_code}</span>],
          [
            words.contact,
            <>
              {order.contact.name} <span className="num">{order.contact.mobile}</span>
              {order.contact.mail && (
                <>
                  <br />
                  {order.contact.mail}
                </>
              )}
            </>,
          ],
          [words.storefront, storefront[order.storefront] ?? order.storefront],
          [
            words.total,
            <strong>
              <Money money={order.total} />
            </strong>,
          ],
          [words.urgency, texts.urgency[order.urgency]],
          [words.delivery, way[kind]],
          ...(address ? ([[words.address, <Recipient address={address} />]] as const) : []),
          ...(branch
            ? ([[words.branch, branches.data?.branches.find(({ id }) => id === branch)?.name ?? branch]] as const)
            : []),
          [words.invoice, order.invoice ? texts.invoice[order.invoice.kind] : texts.noInvoice],
          ...when(words.createdAt, order.created_at),
          ...when(words.submittedAt, order.submitted_at),
          ...when(words.payBy, order.pay_by),
          ...when(words.paidAt, order.paid_at),
          ...when(words.endedAt, order.ended_at),
        ]}
      />
    </Panel>
  );
}

function Refunds({ refunds }: { refunds: readonly RefundView[] }) {
  const { refundReason, method } = useTexts(orderTexts);
  const { orders: words } = useTexts(ordersDeskTexts);
  const { time } = useTimes();
  return (
    <Panel title={words.refunds}>
      {refunds.length === 0 ? (
        <p className="soft">{words.refundsNone}</p>
      ) : (
        <div>
          {refunds.map((refund) => (
            <article key={refund.number} className={css.item} aria-label={refund.number}>
              <div className={css.head}>
                <CopyText text={refund.number} label={words.refunds} />
                <ToneTag tone={REFUND_TONES[refund.progress]} mark={refund.progress}>
                  {words.refundProgress[refund.progress]}
                </ToneTag>
                <strong className={css.right}>
                  <Money money={refund.amount} />
                </strong>
              </div>
              <p>
                {refundReason[refund.reason]} · {method[refund.method]}
              </p>
              <p className="soft small">
                {words.orderedAt(time(refund.ordered_at))}
                {refund.done_at && ` · ${words.doneAt(time(refund.done_at))}`}
                {refund.receipt && (
                  <>
                    <br />
                    {words.receipt} <CopyText text={refund.receipt} label={words.receipt} />
                  </>
                )}
              </p>
            </article>
          ))}
        </div>
      )}
    </Panel>
  );
}
