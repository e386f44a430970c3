/** A section with entries (invoice titles, addresses): show, add, change, delete, choose the default. */
import { useMutation } from "@tanstack/react-query";
import { Button, Popconfirm } from "antd";
import type { ReactNode } from "react";

import { hasCode } from "../../api/errors";
import type { CompanyFile } from "../../api/schema";
import { ProblemAlert } from "../../design/ProblemAlert";
import { ToneTag } from "../../design/StateTag";
import { common } from "../../i18n/common";
import { fileTexts } from "../../i18n/file";
import { useTexts } from "../../i18n/texts";
import css from "./file.module.css";
import { type Desk, Section } from "./section";

export interface Entry {
  id: string;
  name: string;
  beside?: string;
  isDefault: boolean;
  facts: ReactNode;
}

interface Props {
  desk: Desk;
  name: "titles" | "addresses";
  words: {
    title: string;
    hint: string;
    empty: string;
    add: string;
    edit: (name: string) => string;
    removed: string;
    removeSure: string;
    full: (most: number) => string;
  };
  most: number;
  entries: readonly Entry[];
  remove: (id: string, version: number) => Promise<CompanyFile>;
  /** Makes an entry the default, everything else as it is. */
  makeDefault: (id: string, version: number) => Promise<CompanyFile>;
  /** The form for an entry; none for a new one. */
  form: (id: string | undefined) => ReactNode;
}

export function EntrySection({ desk, name, words, most, entries, remove, makeDefault, form }: Props) {
  const { edit, conflict, titles, remove: removeWord } = useTexts(fileTexts);
  const texts = useTexts(common);
  const change = useMutation({
    mutationFn: (task: { id: string; removing: boolean }) =>
      task.removing ? remove(task.id, desk.file.version) : makeDefault(task.id, desk.file.version),
    onSuccess: (file, { removing }) => {
      desk.take(file);
      desk.tell(name, { text: removing ? words.removed : titles.madeDefault });
    },
    onError: async (error) => {
      if (hasCode(error, "changed_meanwhile", "not_found")) {
        await desk.refresh();
        desk.tell(name, { type: "warning", text: conflict.removed });
      }
    },
  });
  const told = hasCode(change.error, "changed_meanwhile", "not_found");
  const full = entries.length >= most;
  const start = (id: string, removing: boolean) => {
    desk.tell(name, undefined);
    change.mutate({ id, removing });
  };
  const openEntry = desk.open.startsWith(`${name}:`) ? desk.open.slice(name.length + 1) : undefined;
  const busy = change.isPending || desk.open !== "";
  const shown: { id: string; entry?: Entry }[] = entries.map((entry) => ({ id: entry.id, entry }));
  if (openEntry !== undefined && !entries.some(({ id }) => id === openEntry)) {
    // A new one, or one that somebody deleted: its form stays where it is and keeps what was typed.
    shown.push({ id: openEntry });
  }
  return (
    <Section
      desk={desk}
      name={name}
      title={words.title}
      action={{ label: words.add, word: words.add, what: `${name}:new`, disabled: full }}
    >
      <p className="soft small">{full && desk.mayEdit ? words.full(most) : words.hint}</p>
      {!told && <ProblemAlert error={change.error} />}
      {entries.length === 0 && openEntry === undefined && <p className={css.none}>{words.empty}</p>}
      {shown.length > 0 && (
        <ul className={css.entries}>
          {shown.map(({ id, entry }) => (
            <li key={id} className={css.entry}>
              {openEntry === id || !entry ? (
                form(id === "new" ? undefined : id)
              ) : (
                <>
                  <div className={css.entryHead}>
                    <h3>{entry.name}</h3>
                    {entry.beside && <span className="soft small">{entry.beside}</span>}
                    {entry.isDefault && <ToneTag tone="ours">{titles.default}</ToneTag>}
                    {desk.mayEdit && (
                      <span className={css.entryActions}>
                        {!entry.isDefault && (
                          <Button
                            type="text"
                            size="small"
                            disabled={busy}
                            aria-label={titles.makeDefault(entry.name)}
                            onClick={() => start(entry.id, false)}
                          >
                            {titles.isDefault}
                          </Button>
                        )}
                        <Button
                          type="text"
                          size="small"
                          disabled={busy}
                          aria-label={words.edit(entry.name)}
                          onClick={() => desk.edit(`${name}:${entry.id}`)}
                        >
                          {edit}
                        </Button>
                        <Popconfirm
                          title={words.removeSure}
                          okText={texts.sure}
                          cancelText={texts.notSure}
                          disabled={busy}
                          onConfirm={() => start(entry.id, true)}
                        >
                          <Button
                            type="text"
                            size="small"
                            danger
                            disabled={busy}
                            aria-label={`${removeWord}: ${entry.name}`}
                          >
                            {removeWord}
                          </Button>
                        </Popconfirm>
                      </span>
                    )}
                  </div>
                  {entry.facts}
                </>
              )}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
