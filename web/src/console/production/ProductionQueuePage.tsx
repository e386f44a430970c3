import { consoleTexts } from "../../i18n/console";
import { useTexts } from "../../i18n/texts";
import { QueuePage } from "../shell/QueuePage";

/** Keys that wait to be made. */
export function ProductionQueuePage() {
  const { production, queue } = useTexts(consoleTexts);
  return (
    <QueuePage
      desk="production"
      base="/console/production"
      title={production.title}
      empty={production.empty}
      column={{ title: queue.quantity, show: (row) => row.quantity }}
    />
  );
}
