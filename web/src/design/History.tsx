import type { HistoryEntry, ParcelEvent, PaperRefusal } from "../api/schema";
import { common } from "../i18n/common";
import { orderTexts } from "../i18n/order";
import { useTexts } from "../i18n/texts";
import { formatMoney } from "./format-money";
import { useTimes } from "./time";
import { Timeline } from "./Timeline";

/** Events whose note is a sum. */
const WITH_SUM = /^(payment|refund)_|^settlement_(agreed|withdrawn)$/;
/** Events whose note is why. */
const WITH_REASON = /^(returned_to_review|exit_)/;

interface HistoryProps {
  events: readonly HistoryEntry[];
  lines?: number;
  /** States that this order has other words for. */
  renamed?: Readonly<Record<string, string>>;
}

/** The history of an order (查看记录), the newest first: what, from which state to which (R69), why, when and who. */
export function History({ events, lines = 1, renamed = {} }: HistoryProps) {
  const texts = useTexts(orderTexts);
  const { time } = useTimes();
  if (events.length === 0) {
    return <p className="soft">{texts.historyEmpty}</p>;
  }
  const known: Record<string, string | undefined> = texts.event;
  const by: Record<string, string | undefined> = texts.by;
  const states: Record<string, string | undefined> = { ...texts.flow, ...renamed };
  const flow = ({ from, to }: HistoryEntry) => {
    const [before, after] = [states[from], states[to]];
    return before && after && before !== after ? `${before} → ${after} · ` : "";
  };
  const scraps: Record<string, string | undefined> = texts.scrap;
  const note = ({ event, note: text }: HistoryEntry) =>
    WITH_SUM.test(event)
      ? formatMoney(text)
      : WITH_REASON.test(event)
        ? texts.because(text)
        : event === "unit_scrapped"
          ? texts.because(scraps[text] ?? text)
          : text;
  const entries = [...events].reverse().map((event) => ({
    key: String(event.seq),
    text: (
      <>
        <strong>{known[event.event] ?? event.event}</strong>
        {event.line && lines > 1 ? ` · ${texts.line(event.line)}` : ""}
        {event.unit ? ` · ${texts.unitNo(event.unit)}` : ""}
        {event.note && (
          <>
            {" "}
            <span className="num">{note(event)}</span>
          </>
        )}
        <Refusals refusals={event.refusals} />
      </>
    ),
    beside: `${flow(event)}${time(event.at)} · ${by[event.by] ?? event.by}`,
  }));
  return <Timeline entries={entries} />;
}

/** Papers sent back, each with its reason and note. */
export function Refusals({ refusals }: { refusals: readonly PaperRefusal[] }) {
  const texts = useTexts(common);
  if (refusals.length === 0) {
    return null;
  }
  return (
    <ul style={{ paddingLeft: 20 }}>
      {refusals.map((refusal) => (
        <li key={refusal.kind}>
          {texts.paper[refusal.kind]}: {texts.refusal[refusal.reason]}
          {refusal.note ? ` (${refusal.note})` : ""}
        </li>
      ))}
    </ul>
  );
}

/** What the courier told, the newest first. */
export function ParcelEvents({ events, empty }: { events: readonly ParcelEvent[]; empty: string }) {
  const texts = useTexts(orderTexts);
  const { time } = useTimes();
  if (events.length === 0) {
    return <p className="soft">{empty}</p>;
  }
  const entries = [...events].reverse().map((event) => ({
    key: event.event_id,
    text: texts.parcel[event.status],
    beside: event.place ? `${time(event.at)} · ${event.place}` : time(event.at),
  }));
  return <Timeline entries={entries} />;
}
