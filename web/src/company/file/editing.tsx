/** One part of the file being edited: nothing typed is lost, and nobody overwrites what they have not seen. */
import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Form, type FormInstance } from "antd";
import { type ReactNode, useEffect, useRef, useState } from "react";

import { hasCode } from "../../api/errors";
import type { FieldError } from "../../api/schema";
import { dropDraft, readDraft, storeDraft } from "../../design/draft";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { type FileArea, useFileWords } from "../../design/file-words";
import { Actions } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { fileTexts } from "../../i18n/file";
import { useTexts } from "../../i18n/texts";
import css from "./file.module.css";
import { type Begun, rebase, same, type Theirs, type Values } from "./rebase";

/** What the server has of a part: none when somebody deleted it. */
export interface Part<F> {
  version: number;
  values: F | undefined;
}

interface Options<S, F extends Values, R> {
  /** Name of the draft. */
  storedAs: string;
  /** What the server said last. */
  source: S;
  pick: (source: S) => Part<F>;
  /** What the server says now. */
  refresh: () => Promise<S>;
  /** An entry that is not there yet. */
  isNew?: boolean;
  /** Values when there are none on the server. */
  empty: F;
  names: FieldNames;
  /** Masked values, and the fields of the form that replace them. Those fields are never stored. */
  secrets?: Readonly<Record<string, string>>;
  /** Saves; `gone` when somebody deleted the entry, so that it has to be added anew. */
  send: (version: number, fields: F, typed: Record<string, unknown>, gone: boolean) => Promise<R>;
  onSaved: (result: R) => void;
  /** There was nothing to save. */
  onUnchanged: () => void;
}

interface State<F> {
  begun: Begun<F>;
  /** What somebody else changed, once that is known. */
  theirs: readonly Theirs[];
  /** Did a save meet somebody else's? */
  met: boolean;
  gone: boolean;
}

export interface Editing<F extends Values> {
  form: FormInstance;
  state: State<F>;
  rest: FieldError[];
  error: unknown;
  pending: boolean;
  secrets: Readonly<Record<string, string>>;
  keep: (all: Record<string, unknown>) => void;
  submit: (typed: Record<string, unknown>) => void;
  forget: () => void;
}

/** The fields of a form that belong to the part, without blanks around. */
function known<F extends Values>(like: F, typed: Record<string, unknown>): F {
  const entries = Object.entries(like).map(([name, value]) => {
    const now = typed[name];
    return [name, typeof now === typeof value ? now : value] as const;
  });
  return Object.fromEntries(entries) as F;
}

function trimmed<F extends Values>(values: F): F {
  const entries = Object.entries(values).map(
    ([name, value]) => [name, typeof value === "string" ? value.trim() : value] as const,
  );
  return Object.fromEntries(entries) as F;
}

export function useEditing<S, F extends Values, R>(options: Options<S, F, R>): Editing<F> {
  const { storedAs, source, pick, refresh, isNew = false, empty, names, secrets = {}, send } = options;
  const [form] = Form.useForm();
  const [state, setState] = useState<State<F>>(() => begin(storedAs, pick(source), empty, isNew));
  const [rest, setRest] = useState<FieldError[]>([]);
  const { begun } = state;
  const save = useMutation({
    mutationFn: async (typed: Record<string, unknown>): Promise<{ result: R } | { now: S }> => {
      try {
        return { result: await send(begun.version, trimmed(known(begun.typed, typed)), typed, state.gone) };
      } catch (error) {
        if (!hasCode(error, "changed_meanwhile", "not_found")) {
          throw error;
        }
        const now = await refresh();
        if (hasCode(error, "not_found") && pick(now).values) {
          throw error;
        }
        return { now };
      }
    },
    onSuccess: (answer) => {
      if ("result" in answer) {
        dropDraft(storedAs);
        options.onSaved(answer.result);
        return;
      }
      const { version, values } = pick(answer.now);
      const { next, theirs } = rebase(begun, { version, values: values ?? begun.base });
      storeDraft(storedAs, next);
      setState({ begun: next, theirs, met: true, gone: !isNew && values === undefined });
      form.setFieldsValue(next.typed);
    },
    onError: (error) => setRest(showFieldErrors(form, names, error)),
  });
  return {
    form,
    state,
    rest,
    error: save.error,
    pending: save.isPending,
    secrets,
    keep: (all) => {
      const next = { ...begun, typed: known(begun.typed, all) };
      storeDraft(storedAs, next);
      setState({ ...state, begun: next });
    },
    submit: (typed) => {
      setRest([]);
      const newSecret = Object.values(secrets).some((name) => Boolean(typed[name]));
      if (!isNew && !state.gone && !newSecret && same(trimmed(known(begun.typed, typed)), begun.base)) {
        dropDraft(storedAs);
        options.onUnchanged();
      } else {
        save.mutate(typed);
      }
    },
    forget: () => dropDraft(storedAs),
  };
}

/** Where to go on: at what was typed before a reload, on top of what the server has now. */
function begin<F extends Values>(storedAs: string, { version, values }: Part<F>, empty: F, isNew: boolean): State<F> {
  const now = values ?? empty;
  const gone = !isNew && values === undefined;
  const fresh: Begun<F> = { version, base: now, typed: now };
  const stored = readDraft<Begun<F>>(storedAs, { ...fresh, version: -1 });
  if (stored.version === -1) {
    return { begun: fresh, theirs: [], met: gone, gone };
  }
  const before = {
    version: stored.version,
    base: known(now, { ...stored.base }),
    typed: known(now, { ...stored.typed }),
  };
  const { next, theirs } = rebase(before, { version, values: gone ? before.base : now });
  return { begun: next, theirs, met: gone, gone };
}

interface Props<F extends Values> {
  editing: Editing<F>;
  area: FileArea;
  /** The word on the button that saves. */
  save?: string;
  /** Was it opened just now, so that the first field takes the focus? */
  focus: boolean;
  onCancel: () => void;
  children: ReactNode;
}

/** 编辑 → 确认更新 (R54). */
export function EditForm<F extends Values>({ editing, area, save, focus, onCancel, children }: Props<F>) {
  const words = useTexts(fileTexts);
  const { form, state, rest, error, pending } = editing;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (focus) {
      box.current?.querySelector<HTMLElement>("input:not([type=radio]), textarea")?.focus();
    }
  }, [focus]);
  return (
    <div ref={box}>
      <Form
        form={form}
        layout="vertical"
        initialValues={state.begun.typed}
        validateTrigger="onBlur"
        scrollToFirstError={{ focus: true, block: "center" }}
        disabled={pending}
        onValuesChange={(_, all: Record<string, unknown>) => editing.keep({ ...state.begun.typed, ...all })}
        onFinish={(all: Record<string, unknown>) => editing.submit({ ...state.begun.typed, ...all })}
      >
        <div className="stack">
          <Conflict editing={editing} area={area} />
          <div className={css.fields}>{children}</div>
          <ProblemAlert error={error} fields={rest} />
          <Actions>
            <Button type="primary" htmlType="submit" loading={pending}>
              {save ?? words.save}
            </Button>
            <Button
              disabled={pending}
              onClick={() => {
                editing.forget();
                onCancel();
              }}
            >
              {words.cancel}
            </Button>
          </Actions>
        </div>
      </Form>
    </div>
  );
}

function Conflict<F extends Values>({ editing, area }: { editing: Editing<F>; area: FileArea }) {
  const { conflict: words } = useTexts(fileTexts);
  const { value, change } = useFileWords();
  const { form, state, secrets } = editing;
  const { theirs, met, gone } = state;
  if (!met && theirs.length === 0) {
    return null;
  }
  const kept = ({ field, mine }: Theirs) => {
    const secret = secrets[field];
    if (secret !== undefined) {
      return form.getFieldValue(secret) ? words.secret : words.theirs;
    }
    return mine === undefined ? words.theirs : mine === "" ? words.emptied : words.mine(value(field, mine));
  };
  return (
    <Alert
      type="warning"
      showIcon
      role="alert"
      title={words.title}
      description={
        gone ? (
          words.gone
        ) : theirs.length === 0 ? (
          words.elsewhere
        ) : (
          <>
            <p>{words.fields}</p>
            <ul className={css.theirs}>
              {theirs.map((one) => (
                <li key={one.field}>
                  {change(area, one.field, one.from, one.to)} ({kept(one)})
                </li>
              ))}
            </ul>
            <p>{words.again}</p>
          </>
        )
      }
    />
  );
}
