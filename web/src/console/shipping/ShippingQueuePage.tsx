import { consoleTexts } from "../../i18n/console";
import { useTexts } from "../../i18n/texts";
import { QueuePage } from "../shell/QueuePage";

/** Parcels that wait for the courier or are on their way. */
export function ShippingQueuePage() {
  const { shipping, queue } = useTexts(consoleTexts);
  return (
    <QueuePage
      desk="shipping"
      base="/console/shipping"
      title={shipping.title}
      empty={shipping.empty}
      column={{ title: queue.waybill, show: (row) => <span className="num">{row.waybill ?? "–"}</span> }}
    />
  );
}
