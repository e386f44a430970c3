import type { DisplayState, Urgency } from "../api/schema";
import { common } from "../i18n/common";
import { orderTexts } from "../i18n/order";
import { useTexts } from "../i18n/texts";
import css from "./design.module.css";
import { type Tone, TONES } from "./tokens";

/** The state of an order or a line, in the words and the colour that it has everywhere. */
export function StateTag({ state }: { state: DisplayState }) {
  const { display } = useTexts(orderTexts);
  return (
    <ToneTag tone={TONES[state]} mark={state}>
      {display[state]}
    </ToneTag>
  );
}

/** How fast; nothing for ordinary speed. */
export function UrgencyTag({ urgency }: { urgency: Urgency }) {
  const texts = useTexts(common);
  return urgency === "none" ? null : <ToneTag tone="attention">{texts.urgency[urgency]}</ToneTag>;
}

export function ToneTag({ tone, mark, children }: { tone: Tone; mark?: string; children: string }) {
  return (
    <span className={[css.tag, css[tone]].join(" ")} data-state={mark}>
      {children}
    </span>
  );
}
