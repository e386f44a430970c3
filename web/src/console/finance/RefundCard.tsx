import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Popconfirm } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";

import { hasCode } from "../../api/errors";
import { agreeSettlement, ledgerKey, refundsKey, retryRefund, withdrawSettlement } from "../../api/finance";
import type { RefundRow, RefundState } from "../../api/schema";
import { CopyText } from "../../design/CopyText";
import { Money } from "../../design/Money";
import { Actions } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import type { Tone } from "../../design/tokens";
import { common } from "../../i18n/common";
import { financeTexts } from "../../i18n/finance";
import { orderTexts } from "../../i18n/order";
import { useTexts } from "../../i18n/texts";
import css from "./finance.module.css";
import { SettleModal } from "./SettleModal";

const STATE_TONES: Record<RefundState, Tone> = {
  asking: "ours",
  waiting: "moving",
  abnormal: "attention",
  done: "done",
  settled: "done",
};

interface Props {
  refund: RefundRow;
  /** Does the page itself say which order it is of? */
  alone?: boolean;
  onNotice: (notice: string) => void;
}

/** One refund: where it stands, what hinders it and what to do about that. */
export function RefundCard({ refund, alone = false, onNotice }: Props) {
  const words = useTexts(financeTexts);
  const { method, refundReason } = useTexts(orderTexts);
  const { time } = useTimes();
  const { trouble, number, state, receipt, done_at, ask_at } = refund;
  const facts: (readonly [string, ReactNode])[] = [
    ...(alone
      ? []
      : ([
          [words.company, refund.company_name],
          [
            words.order,
            <Link className="num" to={`/console/ledger/orders/${refund.order}`}>
              {refund.order}
            </Link>,
          ],
        ] as const)),
    [words.reason, refundReason[refund.reason]],
    [words.refunds.orderedAt, time(refund.ordered_at)],
    [words.refunds.payment, <CopyText text={refund.payment_number} label={words.refunds.payment} />],
    ...(receipt ? ([[words.refunds.receipt, <CopyText text={receipt} label={words.refunds.receipt} />]] as const) : []),
    ...(done_at ? ([[words.refunds.doneAt, time(done_at)]] as const) : []),
  ];
  return (
    <article className={css.item} aria-label={`${words.refunds.number} ${number}`} data-refund={number}>
      <div className={css.head}>
        <CopyText text={number} label={words.refunds.number} />
        <ToneTag tone={STATE_TONES[state]} mark={state}>
          {words.refunds.state[state]}
        </ToneTag>
        <span>{method[refund.method]}</span>
        <strong className={css.sum}>
          <Money money={refund.amount} />
        </strong>
      </div>
      <dl className={css.about}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {trouble && (
        <div className={css.trouble} data-stuck={state === "abnormal"}>
          <strong>{words.refunds.trouble[trouble.hindrance]}</strong>
          {/* Once somebody has done it, the other one's word is what is missing. */}
          {!refund.settlement && <p>{words.refunds.todo[trouble.hindrance]}</p>}
          <p className="soft small">
            {words.refunds.since(time(trouble.since))}
            {trouble.code && (
              <>
                {" · "}
                <span className="mono">{words.refunds.code(trouble.code)}</span>
              </>
            )}
          </p>
        </div>
      )}
      {ask_at && (
        <p className="soft small">
          {words.refunds.asked(refund.round)} · {words.refunds.askAt(time(ask_at))}
        </p>
      )}
      <Settlement refund={refund} />
      <Deeds refund={refund} onNotice={onNotice} />
    </article>
  );
}

function Settlement({ refund }: { refund: RefundRow }) {
  const { refunds: words } = useTexts(financeTexts);
  const { time } = useTimes();
  const { settlement } = refund;
  if (!settlement) {
    return null;
  }
  return (
    <div className={css.told}>
      <strong>{words.settlement}</strong>
      <p>
        {words.reference} <CopyText text={settlement.reference} label={words.reference} />
      </p>
      <p>{settlement.agreed ? words.agreedBySecond : settlement.mine ? words.mine : words.waits}</p>
      <p className="soft small">{words.settlementAt(time(settlement.at))}</p>
    </div>
  );
}

/** What can be done about it. */
function Deeds({ refund, onNotice }: { refund: RefundRow; onNotice: (notice: string) => void }) {
  const texts = useTexts(common);
  const { refunds: words } = useTexts(financeTexts);
  const client = useQueryClient();
  const [isSettling, setSettling] = useState(false);
  const { number, settlement } = refund;
  const renew = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: refundsKey }),
      client.invalidateQueries({ queryKey: ledgerKey }),
    ]);
  const outcome = (said: string) => ({
    onSuccess: () => {
      onNotice(said);
      return renew();
    },
    onError: (error: Error) => {
      if (hasCode(error, "not_in_this_state", "changed_meanwhile", "not_found")) {
        void renew();
      }
    },
  });
  const retry = useMutation({ mutationFn: () => retryRefund(refund), ...outcome(words.retried(number)) });
  const agree = useMutation({ mutationFn: () => agreeSettlement(refund), ...outcome(words.agreed(number)) });
  const withdraw = useMutation({ mutationFn: () => withdrawSettlement(refund), ...outcome(words.withdrawn(number)) });
  const isOpen = settlement && !settlement.agreed;
  if (!refund.can_retry && !refund.can_settle && !isOpen) {
    return null;
  }
  const sure = { okText: texts.sure, cancelText: texts.notSure, styles: { root: { maxWidth: 340 } } };
  return (
    <>
      <Actions>
        {isOpen && (
          <>
            <Popconfirm title={words.agreeSure} {...sure} disabled={settlement.mine} onConfirm={() => agree.mutate()}>
              <Button
                type="primary"
                disabled={settlement.mine}
                loading={agree.isPending}
                aria-label={`${words.agree}: ${number}`}
              >
                {words.agree}
              </Button>
            </Popconfirm>
            <Popconfirm title={words.withdrawSure} {...sure} onConfirm={() => withdraw.mutate()}>
              <Button loading={withdraw.isPending} aria-label={`${words.withdraw}: ${number}`}>
                {words.withdraw}
              </Button>
            </Popconfirm>
          </>
        )}
        {refund.can_retry && (
          <Popconfirm title={words.retrySure} {...sure} onConfirm={() => retry.mutate()}>
            <Button loading={retry.isPending} aria-label={`${words.retry}: ${number}`}>
              {words.retry}
            </Button>
          </Popconfirm>
        )}
        {refund.can_settle && (
          <Button aria-label={`${words.settle}: ${number}`} onClick={() => setSettling(true)}>
            {words.settle}
          </Button>
        )}
      </Actions>
      <ProblemAlert error={retry.error ?? agree.error ?? withdraw.error} />
      {isSettling && (
        <SettleModal
          refund={refund}
          onClose={() => setSettling(false)}
          onTold={() => {
            setSettling(false);
            onNotice(words.told(number));
            void renew();
          }}
        />
      )}
    </>
  );
}
