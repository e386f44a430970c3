import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Popconfirm } from "antd";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { decideRecovery, recoveryQuery } from "../../api/desk";
import { hasCode } from "../../api/errors";
import type { FieldError, RecoveryDetail, RecoveryState } from "../../api/schema";
import { useDraft } from "../../design/draft";
import { showFieldErrors } from "../../design/fields";
import { Actions, PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { Timeline } from "../../design/Timeline";
import type { Tone } from "../../design/tokens";
import { common } from "../../i18n/common";
import { deskTexts } from "../../i18n/desk";
import { record } from "../../i18n/file";
import { useTexts } from "../../i18n/texts";
import css from "../companies/desk.module.css";
import { PaperImages } from "../companies/PaperImages";
import review from "../review/review.module.css";
import type { QueueNotice } from "../shell/QueuePage";

const TONES: Record<RecoveryState, Tone> = {
  draft: "over",
  submitted: "ours",
  waiting: "moving",
  done: "done",
  refused: "over",
  objected: "attention",
};

/** One application for a new contact: what was typed beside what is on record, and the decision of two (R30). */
export function RecoveryPage() {
  const { recovery = "" } = useParams();
  const { recoveries: words } = useTexts(deskTexts);
  const detail = useQuery(recoveryQuery(recovery));
  const state = detail.data?.state;
  return (
    <PageFrame
      title={detail.data?.row.company_name ?? words.title}
      width="wide"
      back={{ to: "/console/recoveries", label: words.title }}
      beside={state && <ToneTag tone={TONES[state]}>{words.state[state]}</ToneTag>}
    >
      <Loaded of={detail}>{(view) => <Application view={view} />}</Loaded>
    </PageFrame>
  );
}

function Application({ view }: { view: RecoveryDetail }) {
  const { recoveries: words } = useTexts(deskTexts);
  return (
    <div className={review.columns}>
      <div className="stack">
        <Panel title={words.compare}>
          <Comparison view={view} />
        </Panel>
        <Panel title={words.papers}>
          <PaperImages papers={view.papers} />
        </Panel>
      </div>
      <div className={review.side}>
        <Panel title={words.decisions}>
          <Decisions view={view} />
        </Panel>
        <Panel title={words.decision}>
          <Decision view={view} />
        </Panel>
      </div>
    </div>
  );
}

/** What was typed beside what is on record; the contact is meant to differ, name and code are not. */
function Comparison({ view }: { view: RecoveryDetail }) {
  const { recoveries: words } = useTexts(deskTexts);
  const { state } = useTexts(record);
  const { row, company, contact } = view;
  const compared = [
    [words.name, row.company_name, company?.name],
    [words.creditCode, row.credit_code, company?.credit_code],
  ] as const;
  const others = [
    [words.legalRepresentative, words.fromPapers, company?.legal_representative],
    [words.contactName, contact.name, company?.contact.name],
    [words.mobile, contact.mobile, company?.contact.mobile],
    [words.mail, contact.mail, company?.contact.mail],
  ] as const;
  return (
    <>
      {!company && <Alert type="warning" showIcon title={words.none} />}
      <table className={css.compare}>
        <thead>
          <tr>
            <td />
            <th scope="col">{words.typed}</th>
            <th scope="col">{words.onRecord}</th>
          </tr>
        </thead>
        <tbody>
          {compared.map(([name, typed, known]) => (
            <tr key={name} className={known !== undefined && known !== typed ? css.differs : undefined}>
              <th scope="row">{name}</th>
              <td>
                <strong>{typed}</strong>
              </td>
              <td>
                {known ?? "—"}{" "}
                {known !== undefined && known !== typed && <ToneTag tone="attention">{words.differs}</ToneTag>}
              </td>
            </tr>
          ))}
          {others.map(([name, typed, known]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{typed}</td>
              <td>{known === undefined || known === "" ? "—" : known}</td>
            </tr>
          ))}
          {company && (
            <tr>
              <th scope="row">{words.qualification}</th>
              <td>—</td>
              <td>{state[company.qualification]}</td>
            </tr>
          )}
        </tbody>
      </table>
      <p className="soft small">{words.newContact}</p>
    </>
  );
}

function Decisions({ view }: { view: RecoveryDetail }) {
  const { recoveries: words } = useTexts(deskTexts);
  const { time } = useTimes();
  if (view.decisions.length === 0) {
    return <p className="soft">{words.decisionsNone}</p>;
  }
  return (
    <Timeline
      entries={[...view.decisions].reverse().map(({ staff_name, at, approve, note }) => ({
        key: at,
        text: (
          <>
            <strong>{approve ? words.agreed(staff_name) : words.refused(staff_name)}</strong>
            {note && <p>{note}</p>}
          </>
        ),
        beside: time(at),
      }))}
    />
  );
}

function Decision({ view }: { view: RecoveryDetail }) {
  const texts = useTexts(common);
  const { recoveries: words } = useTexts(deskTexts);
  const { time } = useTimes();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { row, company } = view;
  const { queryKey } = recoveryQuery(row.recovery);
  const [form] = Form.useForm<{ note: string }>();
  const [typed, keep, forget] = useDraft(`recovery:${row.recovery}`, { note: "" });
  const [rest, setRest] = useState<FieldError[]>([]);
  const decide = useMutation({
    mutationFn: (approve: boolean) => decideRecovery(row.recovery, { approve, note: typed.note.trim() }),
    onSuccess: (next, approve) => {
      forget();
      client.setQueryData(queryKey, next);
      void client.invalidateQueries({ queryKey: ["console", "recoveries", "queue"], refetchType: "none" });
      const notice = approve ? words.doneAgreed(row.company_name) : words.doneRefused(row.company_name);
      void navigate("/console/recoveries", { state: { notice } satisfies QueueNotice });
    },
    onError: (error) => {
      setRest(showFieldErrors(form, { note: "note" }, error));
      if (hasCode(error, "changed_meanwhile", "not_in_this_state", "second_person")) {
        void client.invalidateQueries({ queryKey });
      }
    },
  });
  const problem = <ProblemAlert error={decide.error} fields={rest} />;
  if (view.state !== "submitted") {
    return (
      <>
        <Alert
          type="info"
          showIcon
          title={words.stateWords[view.state]}
          description={
            view.state === "waiting" && view.object_until ? words.objectUntil(time(view.object_until)) : undefined
          }
        />
        {problem}
      </>
    );
  }
  if (row.decided_by_me) {
    return (
      <>
        <Alert type="info" showIcon title={words.byMe} />
        {problem}
      </>
    );
  }
  const without = typed.note.trim() === "";
  const askForNote = () => {
    form.setFields([{ name: "note", errors: [words.noteNeeded] }]);
    form.scrollToField("note", { focus: true, block: "center" });
  };
  return (
    <Form
      form={form}
      layout="vertical"
      initialValues={typed}
      disabled={decide.isPending}
      onValuesChange={(_, all: { note: string }) => keep({ note: all.note })}
    >
      <div className="stack">
        <p className="soft small">{row.approvals > 0 ? words.second : words.first}</p>
        <Form.Item name="note" label={words.note} extra={words.noteHint} style={{ marginBottom: 0 }}>
          <Input.TextArea autoSize={{ minRows: 2, maxRows: 6 }} maxLength={500} />
        </Form.Item>
        {problem}
        <Actions>
          <Popconfirm
            title={words.agreeSure}
            okText={texts.sure}
            cancelText={texts.notSure}
            disabled={!company}
            onConfirm={() => decide.mutate(true)}
            styles={{ root: { maxWidth: 340 } }}
          >
            <Button type="primary" size="large" disabled={!company || decide.isPending}>
              {words.agree}
            </Button>
          </Popconfirm>
          <Popconfirm
            title={words.refuseSure}
            okText={texts.sure}
            cancelText={texts.notSure}
            okButtonProps={{ danger: true }}
            disabled={without}
            onConfirm={() => decide.mutate(false)}
            styles={{ root: { maxWidth: 340 } }}
          >
            <Button size="large" danger disabled={decide.isPending} onClick={without ? askForNote : undefined}>
              {words.refuse}
            </Button>
          </Popconfirm>
        </Actions>
      </div>
    </Form>
  );
}
