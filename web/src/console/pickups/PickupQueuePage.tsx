import { consoleTexts } from "../../i18n/console";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useTexts } from "../../i18n/texts";
import { useStaff } from "../shell/ConsoleShell";
import { QueuePage } from "../shell/QueuePage";

/** Keys that wait at one's branch to be fetched. */
export function PickupQueuePage() {
  const { pickups } = useTexts(ordersDeskTexts);
  const { queue } = useTexts(consoleTexts);
  const { branch_name: branch } = useStaff();
  return (
    <QueuePage
      desk="pickups"
      base="/console/pickups"
      title={branch ? pickups.titleOf(branch) : pickups.title}
      empty={pickups.empty}
      column={{ title: queue.quantity, show: (row) => row.quantity }}
    />
  );
}
