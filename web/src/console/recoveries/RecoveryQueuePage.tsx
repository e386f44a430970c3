import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { recoveryQueueQuery } from "../../api/desk";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/texts";
import css from "../companies/desk.module.css";
import { DeskQueue } from "../companies/DeskQueue";

/** 联系方式恢复: companies that lost mailbox or mobile number. */
export function RecoveryQueuePage() {
  const { recoveries: words, queue } = useTexts(deskTexts);
  const { time } = useTimes();
  const list = useInfiniteQuery(recoveryQueueQuery);
  return (
    <DeskQueue
      title={words.title}
      about={words.about}
      empty={words.empty}
      list={list}
      rows={(page) => page.recoveries}
      rowKey={(row) => row.recovery}
      columns={[
        {
          title: queue.company,
          render: (_, row) => (
            <>
              <Link to={`/console/recoveries/${row.recovery}`}>{row.company_name}</Link>
              <div className={css.phone}>{row.credit_code}</div>
            </>
          ),
        },
        {
          title: queue.creditCode,
          render: (_, row) => <span className="num">{row.credit_code}</span>,
          responsive: ["sm"],
        },
        {
          title: queue.since,
          render: (_, row) => <span className="num">{time(row.submitted_at)}</span>,
          responsive: ["md"],
        },
        {
          title: queue.approvals,
          render: (_, row) => (
            <div className={css.tags}>
              <span>{queue.progress(row.approvals)}</span>
              {row.decided_by_me && <ToneTag tone="over">{queue.decided}</ToneTag>}
            </div>
          ),
        },
      ]}
    />
  );
}
