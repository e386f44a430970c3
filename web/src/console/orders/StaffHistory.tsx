import type { StaffHistoryEntry } from "../../api/schema";
import { formatMoney } from "../../design/format-money";
import { Refusals } from "../../design/History";
import { useTimes } from "../../design/time";
import { Timeline } from "../../design/Timeline";
import { orderTexts } from "../../i18n/order";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useTexts } from "../../i18n/texts";
import { useStaff } from "../shell/ConsoleShell";

/** A sum as the history notes it; waybills and serial numbers have no point, or more behind it. */
const SUM = /^\d+\.\d\d$/;

/** Everything that happened to an order, the newest first, and who of the staff it was. */
export function StaffHistory({ history, lines }: { history: readonly StaffHistoryEntry[]; lines: number }) {
  const texts = useTexts(orderTexts);
  const { orders: words } = useTexts(ordersDeskTexts);
  const { time } = useTimes();
  const me = useStaff().staff;
  if (history.length === 0) {
    return <p className="soft">{texts.historyEmpty}</p>;
  }
  const known: Readonly<Record<string, string | undefined>> = texts.event;
  const entries = [...history].reverse().map(({ entry, staff, name }) => ({
    key: String(entry.seq),
    text: (
      <>
        <strong>{known[entry.event] ?? entry.event}</strong>
        {entry.line && lines > 1 ? ` · ${texts.line(entry.line)}` : ""}
        {entry.unit ? ` · ${texts.unitNo(entry.unit)}` : ""}
        {entry.note && (
          <>
            {" "}
            <span className="num">{SUM.test(entry.note) ? formatMoney(entry.note) : entry.note}</span>
          </>
        )}
        <Refusals refusals={entry.refusals} />
      </>
    ),
    beside: (
      <>
        {time(entry.at)} · {words.by_[entry.by] ?? entry.by}
        {staff && (
          <>
            {" "}
            {name ?? staff}
            {staff === me && ` (${words.you})`}
          </>
        )}
      </>
    ),
  }));
  return <Timeline entries={entries} />;
}
