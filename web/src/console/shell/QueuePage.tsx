import { useInfiniteQuery } from "@tanstack/react-query";
import { Alert, Button, Table, type TableColumnsType } from "antd";
import type { ReactNode } from "react";
import { Link, useLocation } from "react-router";

import { type Desk, queueQuery } from "../../api/console";
import type { QueueRow } from "../../api/schema";
import { PageFrame, Panel } from "../../design/PageFrame";
import { Empty, Loaded } from "../../design/Standing";
import { ToneTag, UrgencyTag } from "../../design/StateTag";
import { common } from "../../i18n/common";
import { consoleTexts } from "../../i18n/console";
import { useLocal, useTexts } from "../../i18n/texts";
import { Due, useMinutes } from "./Due";
import css from "./queue.module.css";

/** What a finished piece of work says on the queue that one returns to. */
export interface QueueNotice {
  notice: string;
}

function noticeOf(state: unknown): string | undefined {
  return typeof state === "object" && state !== null && "notice" in state && typeof state.notice === "string"
    ? state.notice
    : undefined;
}

interface Props {
  desk: Desk;
  /** Address of the desk. */
  base: string;
  title: string;
  empty: string;
  /** What stands in the column of its own. */
  column: { title: string; show: (row: QueueRow) => ReactNode };
}

/** The queue of a desk: what is due first comes first. */
export function QueuePage({ desk, base, title, empty, column }: Props) {
  const texts = useTexts(common);
  const { queue, stage } = useTexts(consoleTexts);
  const local = useLocal();
  const now = useMinutes();
  const list = useInfiniteQuery(queueQuery(desk));
  const { state } = useLocation() as { state: unknown };
  const notice = noticeOf(state);
  const address = (row: QueueRow) => `${base}/${row.order}/${String(row.line)}`;
  const columns: TableColumnsType<QueueRow> = [
    {
      title: queue.order,
      render: (_, row) => (
        <>
          <Link className="num" to={address(row)}>
            {row.order}
            {row.line > 1 ? `-${String(row.line)}` : ""}
          </Link>
          <div className={css.phone}>
            {row.company_name} <UrgencyTag urgency={row.urgency} />
            <div>
              <Due row={row} now={now} />
            </div>
          </div>
        </>
      ),
    },
    { title: queue.company, render: (_, row) => row.company_name, responsive: ["sm"] },
    {
      title: queue.product,
      render: (_, row) => `${local(row.product.name)} × ${String(row.quantity)}`,
      responsive: ["md"],
    },
    { title: queue.urgency, render: (_, row) => <UrgencyOrNone row={row} />, responsive: ["sm"] },
    {
      title: queue.due,
      render: (_, row) => <Due row={row} now={now} />,
      responsive: ["sm"],
    },
    {
      title: queue.stage,
      render: (_, row) => (
        <ToneTag tone={row.stage === "AwaitDelivery" ? "moving" : "ours"}>{stage[row.stage]}</ToneTag>
      ),
      responsive: ["sm"],
    },
    { title: column.title, render: (_, row) => <span className={css.own}>{column.show(row)}</span> },
  ];
  return (
    <PageFrame title={title} width="wide" beside={<Button onClick={() => void list.refetch()}>{queue.refresh}</Button>}>
      {notice && <Alert type="success" showIcon title={notice} role="status" />}
      <Panel>
        <Loaded of={list}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.lines);
            return rows.length === 0 ? (
              <Empty text={empty} />
            ) : (
              <Table<QueueRow>
                rowKey={(row) => `${row.order}-${String(row.line)}`}
                columns={columns}
                dataSource={rows}
                pagination={false}
                size="middle"
                scroll={{ x: "max-content" }}
              />
            );
          }}
        </Loaded>
        {list.hasNextPage && (
          <div>
            <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              {texts.loadMore}
            </Button>
          </div>
        )}
      </Panel>
    </PageFrame>
  );
}

function UrgencyOrNone({ row }: { row: QueueRow }) {
  const { urgency } = useTexts(common);
  return row.urgency === "none" ? urgency.none : <UrgencyTag urgency={row.urgency} />;
}
