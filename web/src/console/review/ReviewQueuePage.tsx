import { consoleTexts } from "../../i18n/console";
import { useTexts } from "../../i18n/texts";
import { QueuePage } from "../shell/QueuePage";

/** Papers that wait for a reviewer. */
export function ReviewQueuePage() {
  const { review, queue } = useTexts(consoleTexts);
  return (
    <QueuePage
      desk="reviews"
      base="/console/review"
      title={review.title}
      empty={review.empty}
      column={{
        title: queue.claimed,
        show: (row) => (row.mine ? queue.mine : row.claimed ? queue.other : queue.free),
      }}
    />
  );
}
