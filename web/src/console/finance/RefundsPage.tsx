import { useInfiniteQuery } from "@tanstack/react-query";
import { Alert, Button, Radio } from "antd";
import { useState } from "react";
import { useSearchParams } from "react-router";

import { refundQueueQuery } from "../../api/finance";
import type { RefundQueue } from "../../api/schema";
import { PageFrame, Panel } from "../../design/PageFrame";
import { Empty, Loaded } from "../../design/Standing";
import { common } from "../../i18n/common";
import { financeTexts } from "../../i18n/finance";
import { useTexts } from "../../i18n/texts";
import { RefundCard } from "./RefundCard";

const QUEUES: readonly RefundQueue[] = ["needs_you", "under_way"];

/** 退款: those that need somebody of the finance staff, and those that wait for a gateway. */
export function RefundsPage() {
  const texts = useTexts(common);
  const { refunds: words } = useTexts(financeTexts);
  const [search, setSearch] = useSearchParams();
  const queue = QUEUES.find((known) => known === search.get("queue")) ?? "needs_you";
  const list = useInfiniteQuery(refundQueueQuery(queue));
  const [notice, setNotice] = useState<string>();
  return (
    <PageFrame
      title={words.title}
      width="wide"
      beside={
        <Radio.Group
          aria-label={words.title}
          optionType="button"
          value={queue}
          options={QUEUES.map((value) => ({ value, label: words.queues[value] }))}
          onChange={({ target }: { target: { value?: RefundQueue } }) => {
            setNotice(undefined);
            setSearch(target.value === "under_way" ? { queue: target.value } : {});
          }}
        />
      }
    >
      <p className="soft">{words.lead}</p>
      {notice && <Alert type="success" showIcon title={notice} role="status" />}
      <Panel>
        <Loaded of={list}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.refunds);
            return rows.length === 0 ? (
              <Empty text={words.empty[queue]} />
            ) : (
              <div>
                {rows.map((refund) => (
                  <RefundCard key={refund.number} refund={refund} onNotice={setNotice} />
                ))}
              </div>
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
