import { Button, Checkbox, Input, Select } from "antd";
import { useState } from "react";

import type { At } from "../../api/console";
import type { PaperKind, PaperRefusal, RefusalReason, RejectRequest } from "../../api/schema";
import { useDraft } from "../../design/draft";
import { Actions } from "../../design/PageFrame";
import { common } from "../../i18n/common";
import { consoleTexts } from "../../i18n/console";
import { useTexts } from "../../i18n/texts";
import css from "./review.module.css";

const REASONS: RefusalReason[] = [
  "unreadable",
  "wrong_document",
  "missing_stamp",
  "data_mismatch",
  "expired",
  "bad_file",
  "other",
];

/** Where what was written is kept until it is sent. */
export function rejectDraft(at: At): string {
  return `reject:${at.order}:${String(at.line)}`;
}

interface Entry {
  reason?: RefusalReason;
  note: string;
}

interface Props {
  at: At;
  /** The papers that can be sent back. */
  kinds: readonly PaperKind[];
  busy: boolean;
  onReject: (request: RejectRequest) => void;
  onCancel: () => void;
}

/** Which papers go back, each with a reason and, where that says too little, words. */
export function RejectForm({ at, kinds, busy, onReject, onCancel }: Props) {
  const texts = useTexts(common);
  const { review: words } = useTexts(consoleTexts);
  const [draft, keep] = useDraft<{ entries: Partial<Record<PaperKind, Entry>> }>(rejectDraft(at), { entries: {} });
  const [checked, setChecked] = useState(false);
  const { entries } = draft;
  const set = (kind: PaperKind, entry: Entry | undefined) => keep({ entries: { ...entries, [kind]: entry } });
  const wrong = (entry: Entry): string | undefined =>
    entry.reason === undefined
      ? words.rejectReason
      : entry.reason === "other" && entry.note.trim() === ""
        ? words.rejectText
        : undefined;
  const chosen = kinds.filter((kind) => entries[kind]);
  const send = () => {
    setChecked(true);
    const refusals = chosen.flatMap((kind): PaperRefusal[] => {
      const entry = entries[kind];
      return entry?.reason && !wrong(entry) ? [{ kind, reason: entry.reason, note: entry.note.trim() }] : [];
    });
    if (refusals.length > 0 && refusals.length === chosen.length) {
      onReject({ refusals });
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
      {kinds.map((kind) => {
        const entry = entries[kind];
        const problem = checked && entry ? wrong(entry) : undefined;
        return (
          <div key={kind} className={css.refusal}>
            <Checkbox
              checked={entry !== undefined}
              onChange={({ target }) => set(kind, target.checked ? { note: "" } : undefined)}
            >
              {texts.paper[kind]}
            </Checkbox>
            {entry && (
              <>
                <Select<RefusalReason>
                  aria-label={words.reason(texts.paper[kind])}
                  placeholder={words.rejectReason}
                  value={entry.reason}
                  status={problem && !entry.reason ? "error" : ""}
                  options={REASONS.map((value) => ({ value, label: texts.refusal[value] }))}
                  onChange={(reason) => set(kind, { ...entry, reason })}
                />
                <Input.TextArea
                  aria-label={words.note(texts.paper[kind])}
                  placeholder={words.notePlaceholder}
                  value={entry.note}
                  autoSize={{ minRows: 2, maxRows: 6 }}
                  maxLength={500}
                  onChange={({ target }) => set(kind, { ...entry, note: target.value })}
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
