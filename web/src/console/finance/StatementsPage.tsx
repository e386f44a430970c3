import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Table, type TableColumnsType } from "antd";
import { Link, useSearchParams } from "react-router";

import { statementsQuery } from "../../api/finance";
import type { StatementRow } from "../../api/schema";
import { Money } from "../../design/Money";
import { Actions, PageFrame, Panel } from "../../design/PageFrame";
import { Empty, Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { financeTexts } from "../../i18n/finance";
import { orderTexts } from "../../i18n/order";
import { useTexts } from "../../i18n/texts";
import { dayAgo } from "../audit/days";
import { isMonth, monthAfter } from "./calendar";
import css from "./finance.module.css";
import { statementTone } from "./tones";

/** 对账: the gateways' bills of a month. */
export function StatementsPage() {
  const { statements: words } = useTexts(financeTexts);
  const [search, setSearch] = useSearchParams();
  const present = dayAgo(0).slice(0, 7);
  const asked = search.get("month") ?? "";
  const month = isMonth(asked) ? asked : present;
  const list = useQuery(statementsQuery(month));
  const [year = "", number = ""] = month.split("-");
  return (
    <PageFrame title={words.title} width="wide">
      <p className="soft">{words.lead}</p>
      <Panel
        title={words.month(year, String(Number(number)))}
        beside={
          <Actions>
            <Button onClick={() => setSearch({ month: monthAfter(month, -1) })}>{words.before}</Button>
            <Button disabled={month >= present} onClick={() => setSearch({ month: monthAfter(month, 1) })}>
              {words.after}
            </Button>
          </Actions>
        }
      >
        <Loaded of={list}>
          {({ statements }) => {
            const unhandled = statements.reduce((sum, row) => sum + row.unhandled, 0);
            return statements.length === 0 ? (
              <Empty text={words.empty} />
            ) : (
              <>
                <Alert
                  type={unhandled > 0 ? "warning" : "success"}
                  showIcon
                  role="status"
                  title={unhandled > 0 ? words.unhandled(unhandled) : words.allHandled}
                />
                <Rows rows={statements} />
              </>
            );
          }}
        </Loaded>
      </Panel>
    </PageFrame>
  );
}

function Rows({ rows }: { rows: readonly StatementRow[] }) {
  const { statements: words, method: methodTitle } = useTexts(financeTexts);
  const { method } = useTexts(orderTexts);
  const sums = (count: number, money: string) => (
    <>
      <span className="soft small">{words.count(count)}</span> <Money money={money} />
    </>
  );
  const isRead = ({ state }: StatementRow) => state !== "waiting";
  const columns: TableColumnsType<StatementRow> = [
    {
      title: words.day,
      render: (_, row) => (
        <>
          <Link
            className="num"
            to={`/console/statements/${row.day}/${row.method}`}
            aria-label={words.detail(row.day, method[row.method])}
          >
            {row.day}
          </Link>
          <div className={css.phone}>
            {method[row.method]}
            {isRead(row) && (
              <>
                <br />
                {words.payments} {sums(row.payments, row.paid)}
                <br />
                {words.refunds} {sums(row.refunds, row.refunded)}
              </>
            )}
          </div>
        </>
      ),
    },
    { title: methodTitle, responsive: ["md"], render: (_, row) => method[row.method] },
    {
      title: words.payments,
      align: "right",
      responsive: ["md"],
      render: (_, row) => (isRead(row) ? sums(row.payments, row.paid) : "–"),
    },
    {
      title: words.refunds,
      align: "right",
      responsive: ["md"],
      render: (_, row) => (isRead(row) ? sums(row.refunds, row.refunded) : "–"),
    },
    {
      title: words.stateTitle,
      render: (_, row) => (
        <ToneTag tone={statementTone(row)} mark={row.state}>
          {words.state[row.state]}
        </ToneTag>
      ),
    },
    {
      title: words.differences,
      render: (_, row) =>
        row.unhandled > 0 ? <strong>{words.open(row.unhandled)}</strong> : row.differences > 0 ? words.handled : "–",
    },
  ];
  return (
    <Table<StatementRow>
      rowKey={(row) => `${row.day}-${row.method}`}
      columns={columns}
      dataSource={[...rows]}
      pagination={false}
      size="middle"
    />
  );
}
