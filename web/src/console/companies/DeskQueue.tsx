import { Alert, Button, Table, type TableColumnsType } from "antd";
import { useLocation } from "react-router";

import { PageFrame, Panel } from "../../design/PageFrame";
import { Empty, Loaded } from "../../design/Standing";
import { common } from "../../i18n/common";
import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/texts";
import type { QueueNotice } from "../shell/QueuePage";

interface Asked<P> {
  data: { pages: P[] } | undefined;
  error: unknown;
  refetch: () => unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

interface Props<P, R> {
  title: string;
  about?: string;
  empty: string;
  list: Asked<P>;
  rows: (page: P) => readonly R[];
  rowKey: (row: R) => string;
  columns: TableColumnsType<R>;
}

/** A queue about companies, the longest waiting first. */
export function DeskQueue<P, R extends object>({ title, about, empty, list, rows, rowKey, columns }: Props<P, R>) {
  const texts = useTexts(common);
  const { queue } = useTexts(deskTexts);
  const { state } = useLocation() as { state: Partial<QueueNotice> | null };
  const notice = typeof state?.notice === "string" ? state.notice : undefined;
  return (
    <PageFrame title={title} width="wide" beside={<Button onClick={() => void list.refetch()}>{queue.refresh}</Button>}>
      {notice && <Alert type="success" showIcon title={notice} role="status" />}
      {about && <p className="soft">{about}</p>}
      <Panel>
        <Loaded of={list}>
          {({ pages }) => {
            const all = pages.flatMap(rows);
            return all.length === 0 ? (
              <Empty text={empty} />
            ) : (
              <Table<R>
                rowKey={rowKey}
                columns={columns}
                dataSource={all}
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
