import { Button, Checkbox, Input, Select } from "antd";
import { useState } from "react";

import type { QualificationItem, QualificationRefusal, RefusalReason } from "../../api/schema";
import { useDraft } from "../../design/draft";
import { Actions } from "../../design/PageFrame";
import { common } from "../../i18n/common";
import { deskTexts } from "../../i18n/desk";
import { record } from "../../i18n/file";
import { useTexts } from "../../i18n/texts";
import css from "../review/review.module.css";

const ITEMS: readonly QualificationItem[] = ["company_name", "credit_code", "legal_representative", "licence"];

/** What can be wrong with a text that was typed, and with a scan. */
const TYPED: readonly RefusalReason[] = ["data_mismatch", "expired", "other"];
const SCAN: readonly RefusalReason[] = [
  "unreadable",
  "wrong_document",
  "missing_stamp",
  "data_mismatch",
  "expired",
  "bad_file",
  "other",
];

/** Where what was written is kept until it is sent. */
export function sendBackDraft(company: string): string {
  return `send-back:${company}`;
}

interface Entry {
  reason?: RefusalReason;
  note: string;
}

interface Props {
  company: string;
  busy: boolean;
  onSend: (refusals: QualificationRefusal[]) => void;
  onCancel: () => void;
}

/** Which items go back, each with a reason and, where that says too little, words. */
export function SendBackForm({ company, busy, onSend, onCancel }: Props) {
  const texts = useTexts(common);
  const { companies: words } = useTexts(deskTexts);
  const { item: names } = useTexts(record);
  const [{ entries }, keep] = useDraft<{ entries: Partial<Record<QualificationItem, Entry>> }>(sendBackDraft(company), {
    entries: {},
  });
  const [checked, setChecked] = useState(false);
  const set = (item: QualificationItem, entry: Entry | undefined) => keep({ entries: { ...entries, [item]: entry } });
  const wrong = (entry: Entry): string | undefined =>
    entry.reason === undefined
      ? words.rejectReason
      : entry.reason === "other" && entry.note.trim() === ""
        ? words.rejectText
        : undefined;
  const chosen = ITEMS.filter((item) => entries[item]);
  const send = () => {
    setChecked(true);
    const refusals = chosen.flatMap((item): QualificationRefusal[] => {
      const entry = entries[item];
      return entry?.reason && !wrong(entry) ? [{ item, reason: entry.reason, note: entry.note.trim() }] : [];
    });
    if (refusals.length > 0 && refusals.length === chosen.length) {
      onSend(refusals);
    }
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <p className="soft small">{words.rejectNote}</p>
      {ITEMS.map((item) => {
        const entry = entries[item];
        const problem = checked && entry ? wrong(entry) : undefined;
        return (
          <div key={item} className={css.refusal}>
            <Checkbox
              checked={entry !== undefined}
              onChange={({ target }) => set(item, target.checked ? { note: "" } : undefined)}
            >
              {names[item]}
            </Checkbox>
            {entry && (
              <>
                <Select<RefusalReason>
                  aria-label={words.reason(names[item])}
                  placeholder={words.rejectReason}
                  value={entry.reason}
                  status={problem && !entry.reason ? "error" : ""}
                  options={(item === "licence" ? SCAN : TYPED).map((value) => ({ value, label: texts.refusal[value] }))}
                  onChange={(reason) => set(item, { ...entry, reason })}
                />
                <Input.TextArea
                  aria-label={words.note(names[item])}
                  placeholder={words.notePlaceholder}
                  value={entry.note}
                  autoSize={{ minRows: 2, maxRows: 6 }}
                  maxLength={500}
                  onChange={({ target }) => set(item, { ...entry, note: target.value })}
                />
                {problem && (
                  <span role="alert" className={css.wrong}>
                    {problem}
                  </span>
                )}
              </>
            )}
          </div>
        );
      })}
      {checked && chosen.length === 0 && (
        <span role="alert" className={css.wrong}>
          {words.rejectNone}
        </span>
      )}
      <Actions>
        <Button type="primary" danger size="large" htmlType="submit" loading={busy}>
          {words.rejectSubmit}
        </Button>
        <Button type="text" size="large" disabled={busy} onClick={onCancel}>
          {words.cancel}
        </Button>
      </Actions>
    </form>
  );
}
