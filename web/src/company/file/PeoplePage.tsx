import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Popconfirm } from "antd";
import { useEffect, useRef, useState } from "react";

import { hasCode } from "../../api/errors";
import { addPerson, changePerson, FILE, makeMain, peopleQuery, removePerson } from "../../api/file";
import { SESSION } from "../../api/query";
import type { PeopleView, PersonView } from "../../api/schema";
import { MOBILE } from "../../design/checks";
import { useDraft } from "../../design/draft";
import type { FieldNames } from "../../design/fields";
import { Facts, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { common } from "../../i18n/common";
import { fileTexts, record } from "../../i18n/file";
import { useTexts } from "../../i18n/texts";
import { useIsFull, useSession } from "../shell/RequireSession";
import { EditForm, useEditing } from "./editing";
import css from "./file.module.css";
import { FileFrame } from "./FileFrame";
import { MAX_PEOPLE } from "./limits";
import { type Notice, Told } from "./section";

interface Fields {
  [name: string]: string;
  name: string;
  mobile: string;
  account: string;
}

const NAMES: FieldNames = { name: "name", mobile: "mobile", account: "account" };
const NOBODY: Fields = { name: "", mobile: "", account: "" };

function fields({ name, mobile, account }: PersonView): Fields {
  return { name, mobile, account: account ?? "" };
}

/** 登录人员: who logs in for the company, and their replacement. */
export function PeoplePage() {
  const { people: words } = useTexts(fileTexts);
  const people = useQuery(peopleQuery);
  return (
    <FileFrame title={words.title}>
      <p className="soft">
        {words.lead(MAX_PEOPLE)} {words.mainHint}
      </p>
      <Loaded of={people}>{(view) => <People view={view} />}</Loaded>
    </FileFrame>
  );
}

function People({ view }: { view: PeopleView }) {
  const { people: words } = useTexts(fileTexts);
  const mayEdit = useIsFull();
  const client = useQueryClient();
  const drafts = `file:${useSession().company}`;
  const [{ who }, keepOpen] = useDraft(`${drafts}:person-open`, { who: "" });
  const [clicked, setClicked] = useState(false);
  const [notice, setNotice] = useState<Notice>();
  const add = useRef<HTMLDivElement>(null);
  const open = mayEdit ? who : "";
  const wasOpen = useRef(open);
  useEffect(() => {
    // A form that closes takes the focus with it.
    if (wasOpen.current !== "" && open === "") {
      add.current?.querySelector("button")?.focus();
    }
    wasOpen.current = open;
  }, [open]);
  const take = (next: PeopleView) => {
    client.setQueryData(peopleQuery.queryKey, next);
    void client.invalidateQueries({ queryKey: [...FILE, "history"] });
    void client.invalidateQueries({ queryKey: SESSION });
  };
  const change = useMutation({
    mutationFn: ({ person, removing }: { person: PersonView; removing: boolean }) =>
      removing ? removePerson(person.id, person.version) : makeMain(person.id),
    onSuccess: (next, { person, removing }) => {
      take(next);
      setNotice({ text: removing ? words.removed(person.name) : words.mainMade(person.name) });
    },
    onError: async (error) => {
      if (hasCode(error, "changed_meanwhile", "not_found")) {
        await client.invalidateQueries({ queryKey: peopleQuery.queryKey });
        setNotice({ type: "warning", text: words.changedMeanwhile });
      }
    },
  });
  const edit = (next: string) => {
    setClicked(true);
    setNotice(undefined);
    change.reset();
    keepOpen({ who: next });
  };
  const form = (id: string | undefined) => (
    <PersonForm
      key={id ?? "new"}
      id={id}
      view={view}
      storedAs={`${drafts}:person:${id ?? "new"}`}
      focus={clicked}
      onClose={(told) => {
        keepOpen({ who: "" });
        setNotice(told);
      }}
      onTaken={take}
    />
  );
  const shown: { id: string; person?: PersonView }[] = view.people.map((person) => ({ id: person.id, person }));
  if (open !== "" && open !== "new" && !view.people.some(({ id }) => id === open)) {
    // One that somebody removed: the form stays where it is and keeps what was typed.
    shown.push({ id: open });
  }
  const full = view.people.length >= MAX_PEOPLE;
  const busy = open !== "" || change.isPending;
  const told = hasCode(change.error, "changed_meanwhile", "not_found");
  return (
    <>
      {notice && <Told notice={notice} />}
      {!told && <ProblemAlert error={change.error} />}
      <Panel>
        <ul className={css.people}>
          {shown.map(({ id, person }) => (
            <li key={id} className={css.entry}>
              {open === id || !person ? (
                form(id)
              ) : (
                <Person
                  person={person}
                  busy={busy}
                  onEdit={() => edit(id)}
                  onChange={(removing) => {
                    setNotice(undefined);
                    change.mutate({ person, removing });
                  }}
                />
              )}
            </li>
          ))}
        </ul>
      </Panel>
      {open === "new" ? (
        <Panel title={words.addTitle}>{form(undefined)}</Panel>
      ) : (
        mayEdit && (
          <div ref={add} className="row">
            <Button type="primary" disabled={busy || full} onClick={() => edit("new")}>
              {words.add}
            </Button>
            {full && <span className="soft small">{words.full(MAX_PEOPLE)}</span>}
          </div>
        )
      )}
    </>
  );
}

interface PersonProps {
  person: PersonView;
  busy: boolean;
  onEdit: () => void;
  onChange: (removing: boolean) => void;
}

function Person({ person, busy, onEdit, onChange }: PersonProps) {
  const texts = useTexts(common);
  const { people: words, edit } = useTexts(fileTexts);
  const { field } = useTexts(record);
  const mayEdit = useIsFull();
  return (
    <>
      <div className={css.entryHead}>
        <h2>{person.name}</h2>
        {person.main && <ToneTag tone="ours">{words.main}</ToneTag>}
        {person.you && <ToneTag tone="over">{words.you}</ToneTag>}
        {!person.ready && <ToneTag tone="yours">{words.notReady}</ToneTag>}
        {mayEdit && (
          <span className={css.entryActions}>
            {!person.main && person.ready && (
              <Button
                type="text"
                size="small"
                disabled={busy}
                aria-label={words.makeMain(person.name)}
                onClick={() => onChange(false)}
              >
                {words.makeMainWord}
              </Button>
            )}
            <Button type="text" size="small" disabled={busy} aria-label={words.edit(person.name)} onClick={onEdit}>
              {edit}
            </Button>
            {!person.main && !person.you && (
              <Popconfirm
                title={words.removeSure(person.name)}
                okText={texts.sure}
                cancelText={texts.notSure}
                okButtonProps={{ danger: true }}
                disabled={busy}
                onConfirm={() => onChange(true)}
                styles={{ root: { maxWidth: 340 } }}
              >
                <Button type="text" size="small" danger disabled={busy} aria-label={words.remove(person.name)}>
                  {words.removeWord}
                </Button>
              </Popconfirm>
            )}
          </span>
        )}
      </div>
      <Facts
        facts={[
          [field.person.mobile, <span className="num">{person.mobile}</span>],
          [field.person.account, person.account ?? <span className="soft">{words.noAccount}</span>],
        ]}
      />
    </>
  );
}

interface FormProps {
  id: string | undefined;
  view: PeopleView;
  storedAs: string;
  focus: boolean;
  onClose: (notice: Notice | undefined) => void;
  onTaken: (view: PeopleView) => void;
}

function PersonForm({ id, view, storedAs, focus, onClose, onTaken }: FormProps) {
  const texts = useTexts(common);
  const words = useTexts(fileTexts);
  const { field } = useTexts(record);
  const own = words.people;
  const client = useQueryClient();
  const before = view.people.find((person) => person.id === id);
  const editing = useEditing<PeopleView, Fields, { view: PeopleView; name: string; added: boolean }>({
    storedAs,
    source: view,
    pick: ({ people }) => {
      const person = people.find((known) => known.id === id);
      return { version: person?.version ?? 0, values: id === undefined ? NOBODY : person && fields(person) };
    },
    refresh: () => client.query({ ...peopleQuery, staleTime: 0 }),
    isNew: id === undefined,
    empty: NOBODY,
    names: NAMES,
    send: async (version, typed, _, gone) => {
      const added = id === undefined || gone;
      const body = { name: typed.name, mobile: typed.mobile, account: typed.account === "" ? null : typed.account };
      return {
        view: added ? await addPerson(body) : await changePerson(id, { ...body, version }),
        name: typed.name,
        added,
      };
    },
    onSaved: (saved) => {
      onTaken(saved.view);
      onClose({ text: saved.added ? own.added(saved.name) : own.saved(saved.name) });
    },
    onUnchanged: () => onClose({ type: "info", text: words.unchanged }),
  });
  const required = { required: true, whitespace: true, message: texts.required };
  const main = before?.main ?? false;
  return (
    <EditForm
      editing={editing}
      area="person"
      save={id === undefined ? own.add : own.save}
      focus={focus}
      onCancel={() => onClose(undefined)}
    >
      <Form.Item name="name" label={field.person.name} extra={own.nameHint} rules={[required]}>
        <Input autoComplete="off" maxLength={50} />
      </Form.Item>
      <Form.Item
        name="mobile"
        label={field.person.mobile}
        extra={own.mobileHint}
        rules={[required, { pattern: MOBILE, message: texts.invalidMobile }]}
      >
        <Input type="tel" inputMode="numeric" autoComplete="off" maxLength={11} />
      </Form.Item>
      <Form.Item
        name="account"
        label={field.person.account}
        extra={main ? own.accountMain : own.accountHint}
        rules={main ? [] : [required]}
      >
        <Input autoComplete="off" maxLength={40} spellCheck={false} />
      </Form.Item>
      {id === undefined && <Alert className={css.wide} type="info" showIcon title={own.newHint} />}
    </EditForm>
  );
}
