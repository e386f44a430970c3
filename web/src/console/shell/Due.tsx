import { useEffect, useState } from "react";

import type { QueueRow } from "../../api/schema";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { consoleTexts } from "../../i18n/console";
import { useTexts } from "../../i18n/texts";

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** By when a row is promised, and whether that is near or past; how long it waits where nothing is promised. */
export function Due({ row, now }: { row: QueueRow; now: number }) {
  const { queue } = useTexts(consoleTexts);
  const { time } = useTimes();
  if (!row.due_at) {
    return <span className="num soft">{queue.waits(time(row.since))}</span>;
  }
  const left = Date.parse(row.due_at) - now;
  return (
    <>
      <span className="num">{time(row.due_at)}</span>{" "}
      {left <= 0 ? (
        <ToneTag tone="attention" mark="late">
          {queue.late}
        </ToneTag>
      ) : (
        left <= HOUR && (
          <ToneTag tone="yours" mark="soon">
            {queue.soon}
          </ToneTag>
        )
      )}
    </>
  );
}

/** The time, once a minute and once for a whole page: a queue that stays open turns late by itself. */
export function useMinutes(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), MINUTE);
    return () => clearInterval(timer);
  }, []);
  return now;
}
