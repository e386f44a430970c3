import { Table, type TableColumnsType } from "antd";
import { Link } from "react-router";

import type { Cause, Posting } from "../../api/schema";
import { CopyText } from "../../design/CopyText";
import { Money } from "../../design/Money";
import { useTimes } from "../../design/time";
import { financeTexts } from "../../i18n/finance";
import { useTexts } from "../../i18n/texts";
import css from "./finance.module.css";

/** Entries of the ledger. */
export function Postings({ postings, withOrder = false }: { postings: readonly Posting[]; withOrder?: boolean }) {
  const { ledger: words, order, amount } = useTexts(financeTexts);
  const { time } = useTimes();
  const link = (posting: Posting) => (
    <Link className="num" to={`/console/ledger/orders/${posting.order}`}>
      {posting.order}
    </Link>
  );
  const columns: TableColumnsType<Posting> = [
    { title: words.at, responsive: ["md"], render: (_, { at }) => <span className="num">{time(at)}</span> },
    ...(withOrder
      ? [{ title: order, responsive: ["lg" as const], render: (_: unknown, posting: Posting) => link(posting) }]
      : []),
    {
      title: words.what,
      render: (_, posting) => (
        <>
          <What cause={posting.cause} />
          <div className={css.phone}>
            {words.debit} {words.account[posting.debit]} · {words.credit} {words.account[posting.credit]}
            <br />
            <span className="num soft">{time(posting.at)}</span>
            {withOrder && <div>{link(posting)}</div>}
          </div>
        </>
      ),
    },
    { title: words.debit, responsive: ["md"], render: (_, { debit }) => words.account[debit] },
    { title: words.credit, responsive: ["md"], render: (_, { credit }) => words.account[credit] },
    { title: amount, align: "right", render: (_, posting) => <Money money={posting.amount} /> },
  ];
  return (
    <Table<Posting>
      rowKey={({ order: of, event, no }) => `${of}-${String(event)}-${String(no)}`}
      columns={columns}
      dataSource={[...postings]}
      pagination={false}
      size="middle"
    />
  );
}

/** What an entry is for. */
function What({ cause }: { cause: Cause }) {
  const { ledger: words } = useTexts(financeTexts);
  return (
    <>
      <strong>{words.cause[cause.what]}</strong>
      <br />
      <span className="small">
        {cause.what === "earned" ? (
          words.line(cause.line)
        ) : (
          <CopyText text={cause.number} label={words.cause[cause.what]} />
        )}
        {cause.what === "settled" && (
          <>
            <br />
            {words.reference(cause.reference)}
          </>
        )}
      </span>
    </>
  );
}
