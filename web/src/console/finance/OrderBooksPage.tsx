import { useQuery } from "@tanstack/react-query";
import { Alert, Table, type TableColumnsType } from "antd";
import { useState } from "react";
import { useParams } from "react-router";

import { orderBooksQuery } from "../../api/finance";
import type { AttemptRow, AttemptState, BooksView, OrderBooks } from "../../api/schema";
import { CopyText } from "../../design/CopyText";
import { Money } from "../../design/Money";
import { Facts, PageFrame, Panel } from "../../design/PageFrame";
import { Empty, Loaded } from "../../design/Standing";
import { StateTag, ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import type { Tone } from "../../design/tokens";
import { financeTexts } from "../../i18n/finance";
import { orderTexts } from "../../i18n/order";
import { useTexts } from "../../i18n/texts";
import css from "./finance.module.css";
import { OrderSearch } from "./OrderSearch";
import { Postings } from "./Postings";
import { RefundCard } from "./RefundCard";

const ATTEMPT_TONES: Record<AttemptState, Tone> = {
  creating: "ours",
  open: "moving",
  lapsing: "yours",
  closed: "over",
  paid: "done",
};

/** The books of one order: sums, tries to pay, refunds, entries. */
export function OrderBooksPage() {
  const { order = "" } = useParams();
  const { ledger: words } = useTexts(financeTexts);
  const books = useQuery(orderBooksQuery(order));
  return (
    <PageFrame
      title={words.ofOrder}
      width="wide"
      back={{ to: "/console/ledger", label: words.title }}
      beside={books.data && <StateTag state={books.data.display} />}
    >
      <OrderSearch key={order} />
      <Loaded of={books}>{(view) => <Books view={view} />}</Loaded>
    </PageFrame>
  );
}

function Books({ view }: { view: OrderBooks }) {
  const { ledger: words, refunds, order, company } = useTexts(financeTexts);
  const [notice, setNotice] = useState<string>();
  return (
    <>
      {notice && <Alert type="success" showIcon title={notice} role="status" />}
      <Panel title={words.equation}>
        {view.books.overdrawn && (
          <Alert type="error" showIcon role="alert" title={words.overdrawn} description={words.overdrawnText} />
        )}
        <Equation books={view.books} />
        <Facts
          facts={[
            [order, <CopyText text={view.order} label={order} />],
            [company, view.company_name],
            [words.total, <Money money={view.total} />],
          ]}
        />
      </Panel>
      <Panel title={words.attempts}>
        {view.attempts.length === 0 ? <Empty text={words.attemptsEmpty} /> : <Attempts attempts={view.attempts} />}
      </Panel>
      <Panel title={refunds.title}>
        {view.refunds.length === 0 ? (
          <p className="soft">{words.refundsEmpty}</p>
        ) : (
          <div>
            {view.refunds.map((refund) => (
              <RefundCard key={refund.number} refund={refund} alone onNotice={setNotice} />
            ))}
          </div>
        )}
      </Panel>
      <Panel title={words.entries(view.postings.length)}>
        {view.postings.length === 0 ? <Empty text={words.emptyOrder} /> : <Postings postings={view.postings} />}
      </Panel>
    </>
  );
}

/** Paid = earned + refunded + held. */
function Equation({ books }: { books: BooksView }) {
  const { ledger: words } = useTexts(financeTexts);
  const terms = [
    ["", words.sum.paid, books.paid],
    ["=", words.sum.earned, books.earned],
    ["+", words.sum.refunded, books.refunded],
    ["+", words.sum.held, books.held],
  ] as const;
  return (
    <div>
      <div className={css.equation} data-testid="equation">
        {terms.map(([sign, name, money]) => (
          <div key={name} className={css.term}>
            {/* More went out than came in: there is no equation. */}
            {sign && <span className={css.sign}>{sign === "=" && books.overdrawn ? "≠" : sign}</span>}
            <span>
              <span className="soft small">{name}</span>
              <strong>
                <Money money={money} />
              </strong>
            </span>
          </div>
        ))}
      </div>
      <p className="soft small">{words.sumHint}</p>
    </div>
  );
}

function Attempts({ attempts }: { attempts: readonly AttemptRow[] }) {
  const { ledger: words, method: methodTitle } = useTexts(financeTexts);
  const { method } = useTexts(orderTexts);
  const { time } = useTimes();
  const stand = ({ state, disposition }: AttemptRow) => (
    <>
      <ToneTag tone={disposition && disposition !== "counted" ? "attention" : ATTEMPT_TONES[state]} mark={state}>
        {words.attemptState[state]}
      </ToneTag>
      {disposition && <div className="small">{words.disposition[disposition]}</div>}
    </>
  );
  const came = ({ paid_at, trade_no }: AttemptRow) => (
    <>
      {paid_at && <span className="num">{time(paid_at)}</span>}
      {trade_no && (
        <div className="small">
          <CopyText text={trade_no} label={words.tradeNo} />
        </div>
      )}
    </>
  );
  const columns: TableColumnsType<AttemptRow> = [
    {
      title: words.number,
      render: (_, attempt) => (
        <>
          <CopyText text={attempt.number} label={words.number} />
          <div className={css.phone}>
            {method[attempt.method]} · {words.asks} <Money money={attempt.amount} />
            <br />
            {words.createdAt} <span className="num">{time(attempt.created_at)}</span>
            {attempt.paid_at && (
              <div>
                {words.paidAt} {came(attempt)}
              </div>
            )}
            <div>{stand(attempt)}</div>
          </div>
        </>
      ),
    },
    { title: methodTitle, responsive: ["md"], render: (_, attempt) => method[attempt.method] },
    {
      title: words.createdAt,
      responsive: ["lg"],
      render: (_, { created_at }) => <span className="num">{time(created_at)}</span>,
    },
    {
      title: words.state,
      responsive: ["md"],
      render: (_, attempt) => stand(attempt),
    },
    { title: `${words.paidAt} / ${words.tradeNo}`, responsive: ["md"], render: (_, attempt) => came(attempt) },
    { title: words.asks, align: "right", responsive: ["md"], render: (_, { amount }) => <Money money={amount} /> },
    {
      title: words.received,
      align: "right",
      render: (_, { received }) => (received ? <Money money={received} /> : "–"),
    },
  ];
  return (
    <Table<AttemptRow> rowKey="number" columns={columns} dataSource={[...attempts]} pagination={false} size="middle" />
  );
}
