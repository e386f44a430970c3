import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useParams } from "react-router";

import { type BillOf, readStatement, statementQuery } from "../../api/finance";
import type { StatementView } from "../../api/schema";
import { Money } from "../../design/Money";
import { PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { NotFoundPage } from "../../design/RouteProblem";
import { Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { financeTexts } from "../../i18n/finance";
import { orderTexts } from "../../i18n/order";
import { useTexts } from "../../i18n/texts";
import { isDay } from "./calendar";
import { DifferenceCard } from "./DifferenceCard";
import css from "./finance.module.css";
import { statementTone } from "./tones";

/** One gateway's bill of one day beside the ledger. */
export function StatementPage() {
  const { day = "", method } = useParams();
  return isDay(day) && (method === "alipay" || method === "wechatpay") ? (
    <Statement bill={{ day, method }} />
  ) : (
    <NotFoundPage />
  );
}

function Statement({ bill }: { bill: BillOf }) {
  const { statements: words } = useTexts(financeTexts);
  const { method } = useTexts(orderTexts);
  const { time } = useTimes();
  const client = useQueryClient();
  const query = statementQuery(bill);
  const statement = useQuery(query);
  const take = (view: StatementView) => {
    client.setQueryData(query.queryKey, view);
    void client.invalidateQueries({ queryKey: ["console", "statements", "months"] });
  };
  const read = useMutation({ mutationFn: () => readStatement(bill), onSuccess: take });
  const row = statement.data?.row;
  return (
    <PageFrame
      title={words.detail(bill.day, method[bill.method])}
      width="wide"
      back={{ to: `/console/statements?month=${bill.day.slice(0, 7)}`, label: words.title }}
      beside={
        row && (
          <ToneTag tone={statementTone(row)} mark={row.state}>
            {words.state[row.state]}
          </ToneTag>
        )
      }
    >
      <Loaded of={statement}>
        {(view) => (
          <>
            <Panel
              title={words.compare}
              beside={
                <Button disabled={view.row.wanted} loading={read.isPending} onClick={() => read.mutate()}>
                  {words.read}
                </Button>
              }
            >
              <ProblemAlert error={read.error} />
              {view.row.wanted && <Alert type="info" showIcon role="status" title={words.wanted} />}
              {view.row.state === "waiting" && <p>{words.waiting}</p>}
              {view.row.trouble && (
                <p className="soft small">
                  {words.trouble}
                  <br />
                  <span className="mono">{view.row.trouble}</span>
                </p>
              )}
              <Sums view={view} />
              <p className="soft small">{view.row.read_at ? words.readAt(time(view.row.read_at)) : words.notRead}</p>
            </Panel>
            {view.row.state !== "waiting" && (
              <Panel title={words.diffTitle}>
                {view.differences.length === 0 ? (
                  <p>{words.balanced}</p>
                ) : (
                  <div>
                    {view.differences.map((difference) => (
                      <DifferenceCard
                        key={`${difference.kind}-${difference.number}`}
                        bill={bill}
                        difference={difference}
                        onHandled={take}
                      />
                    ))}
                  </div>
                )}
              </Panel>
            )}
          </>
        )}
      </Loaded>
    </PageFrame>
  );
}

function Sums({ view: { row, ours } }: { view: StatementView }) {
  const { statements: words } = useTexts(financeTexts);
  const isRead = row.state !== "waiting";
  const lines = [
    [words.payments, ours.paid, row.paid, row.payments],
    [words.refunds, ours.refunded, row.refunded, row.refunds],
  ] as const;
  return (
    <table className={[css.sums, css.narrow].join(" ")}>
      <thead>
        <tr>
          <th scope="col">{words.side}</th>
          <th scope="col">{words.ours}</th>
          <th scope="col">{words.theirs}</th>
        </tr>
      </thead>
      <tbody>
        {lines.map(([name, mine, theirs, count]) => (
          <tr key={name} className={isRead && mine !== theirs ? css.differs : undefined}>
            <th scope="row">{name}</th>
            <td>
              <Money money={mine} />
            </td>
            <td>
              {isRead ? (
                <>
                  <Money money={theirs} />
                  <br />
                  <span className="soft small">{words.count(count)}</span>
                </>
              ) : (
                "–"
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
