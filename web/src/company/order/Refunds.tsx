import type { RefundProgress, RefundView } from "../../api/schema";
import { CopyText } from "../../design/CopyText";
import { Money } from "../../design/Money";
import { Facts, Panel } from "../../design/PageFrame";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import type { Tone } from "../../design/tokens";
import { orderTexts } from "../../i18n/order";
import { orderPage } from "../../i18n/order-page";
import { useTexts } from "../../i18n/texts";
import css from "./order.module.css";

const PROGRESS_TONES: Record<RefundProgress, Tone> = { under_way: "moving", delayed: "ours", done: "done" };

/** Money that goes back, or went. */
export function Refunds({ refunds }: { refunds: readonly RefundView[] }) {
  const { refund: words } = useTexts(orderPage);
  return (
    <Panel title={words.title}>
      {refunds.map((refund) => (
        <Refund key={refund.number} refund={refund} />
      ))}
    </Panel>
  );
}

function Refund({ refund }: { refund: RefundView }) {
  const { refund: words } = useTexts(orderPage);
  const { method, refundReason } = useTexts(orderTexts);
  const { time, day } = useTimes();
  const { progress, number, receipt, done_at } = refund;
  return (
    <article className={css.refund} aria-label={`${words.title} ${number}`} data-progress={progress}>
      <div className={css.lineHead}>
        <strong className={css.sum}>
          <Money money={refund.amount} />
        </strong>
        <ToneTag tone={PROGRESS_TONES[progress]} mark={progress}>
          {words.progress[progress]}
        </ToneTag>
      </div>
      <div>
        <p>{words.progressText[progress](method[refund.method])}</p>
        <p className="soft small">
          {progress === "done" ? words.notArrived : progress === "under_way" && words.expected(day(refund.expected_by))}
        </p>
      </div>
      <Facts
        facts={[
          [words.reason, refundReason[refund.reason]],
          [words.orderedAt, time(refund.ordered_at)],
          ...(done_at ? ([[words.doneAt, time(done_at)]] as const) : []),
          ...(receipt ? ([[words.receipt, <CopyText text={receipt} label={words.receipt} />]] as const) : []),
          [words.number, <CopyText text={number} label={words.number} />],
        ]}
      />
    </article>
  );
}
