import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { qualificationQueueQuery } from "../../api/desk";
import { useTimes } from "../../design/time";
import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/texts";
import css from "./desk.module.css";
import { DeskQueue } from "./DeskQueue";

/** 企业审核: companies whose papers wait for a reviewer. */
export function CompanyQueuePage() {
  const { companies: words, queue } = useTexts(deskTexts);
  const { time } = useTimes();
  const list = useInfiniteQuery(qualificationQueueQuery);
  return (
    <DeskQueue
      title={words.title}
      empty={words.empty}
      list={list}
      rows={(page) => page.companies}
      rowKey={(row) => row.company}
      columns={[
        {
          title: queue.company,
          render: (_, row) => (
            <>
              <Link to={`/console/companies/${row.company}`}>{row.name}</Link>
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
          title: queue.claimed,
          render: (_, row) => (row.mine ? queue.mine : row.claimed ? queue.other : queue.free),
        },
      ]}
    />
  );
}
