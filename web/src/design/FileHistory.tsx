import type { CompanyEventKind, CompanyEventView } from "../api/schema";
import { record } from "../i18n/file";
import { useTexts } from "../i18n/texts";
import { type FileArea, useFileWords } from "./file-words";
import { useTimes } from "./time";
import { Timeline } from "./Timeline";

/** The part of the file that an event is about. */
function areaOf(event: CompanyEventKind): FileArea {
  if (event.startsWith("title_")) {
    return "title";
  }
  if (event.startsWith("address_")) {
    return "address";
  }
  if (event.startsWith("person_") || event.startsWith("password_")) {
    return "person";
  }
  return event === "contact_changed" || event === "recovered" ? "contact" : "basics";
}

/** What happened to a company's file, the newest first: a sentence each, and which fields changed. */
export function FileHistory({ events }: { events: readonly CompanyEventView[] }) {
  const words = useTexts(record);
  const { change } = useFileWords();
  const { time } = useTimes();
  if (events.length === 0) {
    return <p className="soft">{words.historyEmpty}</p>;
  }
  const who = ({ actor, actor_name: name }: CompanyEventView) =>
    actor.kind === "company" ? name || words.someone : actor.kind === "staff" ? words.staff : words.system;
  const entries = [...events]
    .sort((one, other) => other.seq - one.seq)
    .map((event) => ({
      key: String(event.seq),
      text: (
        <>
          <strong>{sentence(words.event, event.event, who(event))}</strong>
          {event.note && <span className="soft"> · {remark(event.note, words.consent)}</span>}
          {event.changes.length > 0 && (
            <ul style={{ paddingLeft: 20 }}>
              {event.changes.map(({ field, from, to }) => (
                <li key={field} className="small">
                  {change(areaOf(event.event), field, from, to)}
                </li>
              ))}
            </ul>
          )}
        </>
      ),
      beside: time(event.at),
    }));
  return <Timeline entries={entries} />;
}

/** A name or a reason, as it was written; the mark of an agreement in words. */
function remark(note: string, consent: (version: string) => string): string {
  const version = /^consent (\S+)$/.exec(note)?.[1];
  return version === undefined ? note : consent(version);
}

/** An event of a newer API than this page is shown by its name. */
function sentence(
  words: Readonly<Partial<Record<CompanyEventKind, (who: string) => string>>>,
  event: CompanyEventKind,
  who: string,
): string {
  return words[event]?.(who) ?? event;
}
