import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Popconfirm } from "antd";
import { useState } from "react";

import { Following, Install, Standing } from "../../agent/Following";
import { type Agent, type Tickets, useAgent } from "../../agent/use-agent";
import { fieldErrors } from "../../api/errors";
import { desksQuery, deskOperationQuery, dismissDesk, offerEnrolment, withdrawDeskOperation } from "../../api/making";
import type { DeskView } from "../../api/schema";
import { useDraft } from "../../design/draft";
import { Actions, Facts, PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Empty, Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { agentTexts } from "../../i18n/agent";
import { common } from "../../i18n/common";
import { makingTexts } from "../../i18n/making";
import { useTexts } from "../../i18n/texts";
import { useDeskWords } from "../production/desk-words";
import { Done } from "../production/Done";
import { useStaff } from "../shell/ConsoleShell";
import css from "./desks.module.css";

/** The longest name of a desk, as in `domain::desk`. */
const LONGEST_NAME = 40;

const ENROLMENT: Tickets<string> = {
  offer: offerEnrolment,
  query: deskOperationQuery,
  withdraw: withdrawDeskOperation,
};

/** 制证工位: the computers at which keys are made. */
export function DesksPage() {
  const { desks: words } = useTexts(makingTexts);
  const isAdmin = useStaff().roles.includes("admin");
  const desks = useQuery(desksQuery);
  const agent = useAgent(ENROLMENT);
  const [isNaming, setNaming] = useState(false);
  const [notice, setNotice] = useState<string>();
  const isEnrolling = isNaming || agent.isOpen;
  return (
    <PageFrame
      title={words.title}
      beside={
        isAdmin &&
        !isEnrolling && (
          <Button type="primary" onClick={() => setNaming(true)}>
            {words.enrol}
          </Button>
        )
      }
    >
      <p className="soft">{words.lead}</p>
      {notice && <Alert key={notice} type="success" showIcon role="status" title={notice} />}
      {isAdmin && isEnrolling && <Enrolment agent={agent} onClose={() => setNaming(false)} />}
      <Panel title={words.list}>
        <Loaded of={desks}>
          {({ desks: all }) =>
            all.length === 0 ? (
              <Empty text={words.empty} />
            ) : (
              <div>
                {all.map((desk) => (
                  <Desk key={desk.id} desk={desk} isAdmin={isAdmin} onNotice={setNotice} />
                ))}
              </div>
            )
          }
        </Loaded>
      </Panel>
    </PageFrame>
  );
}

/** A name first, then the agent of this computer. */
function Enrolment({ agent, onClose }: { agent: Agent<string>; onClose: () => void }) {
  const { desks: words, make } = useTexts(makingTexts);
  const all = useTexts(agentTexts);
  const desk = useDeskWords();
  const client = useQueryClient();
  const [typed, keep, forget] = useDraft("desk", { name: "" });
  const isRefused = agent.operation === null && agent.error !== null;
  const close = () => {
    agent.close();
    onClose();
  };
  return (
    <Panel title={words.enrolTitle}>
      {!agent.isOpen || isRefused ? (
        <>
          <p className="soft small">{words.enrolNote}</p>
          <Naming agent={agent} typed={typed.name} onTyped={(name) => keep({ name })} onCancel={close} />
        </>
      ) : (
        <Following
          agent={agent}
          onDone={() => {
            forget();
            void client.invalidateQueries({ queryKey: desksQuery.queryKey });
          }}
        >
          {(view, phase) => (
            <Standing
              view={view}
              phase={phase}
              agent={agent}
              words={desk}
              lead={
                <>
                  <p>{words.enrolNote}</p>
                  {agent.asked !== undefined && <Facts facts={[[words.name, <strong>{agent.asked}</strong>]]} />}
                </>
              }
              wayOut={(from) => (from === "no_module" ? <Install words={desk} /> : null)}
              onRenew={() => (agent.asked === undefined ? agent.close() : agent.ask(agent.asked))}
              beside={
                <Actions>
                  <Button onClick={close}>{make.withdraw}</Button>
                </Actions>
              }
              done={
                <>
                  <Done
                    title={agent.asked === undefined ? all.done.enrol : words.enrolled(agent.asked)}
                    text={all.doneText.enrol}
                  />
                  <Actions>
                    <Button onClick={close}>{words.finish}</Button>
                  </Actions>
                </>
              }
            />
          )}
        </Following>
      )}
    </Panel>
  );
}

interface NamingProps {
  agent: Agent<string>;
  typed: string;
  onTyped: (name: string) => void;
  onCancel: () => void;
}

function Naming({ agent, typed, onTyped, onCancel }: NamingProps) {
  const texts = useTexts(common);
  const { desks: words } = useTexts(makingTexts);
  const [form] = Form.useForm<{ name: string }>();
  const [named, ...rest] = fieldErrors(agent.error);
  return (
    <Form
      form={form}
      name="desk"
      layout="vertical"
      requiredMark={false}
      initialValues={{ name: typed }}
      validateTrigger="onBlur"
      onValuesChange={(_, { name }: { name: string }) => onTyped(name)}
      onFinish={({ name }) => agent.ask(name.trim())}
    >
      <Form.Item
        name="name"
        label={words.name}
        extra={words.nameHint}
        {...(named && { validateStatus: "error", help: named.message })}
        rules={[
          { required: true, whitespace: true, message: texts.required },
          { max: LONGEST_NAME, message: words.nameLong },
        ]}
      >
        <Input autoComplete="off" className={css.name} />
      </Form.Item>
      <div className="stack">
        <ProblemAlert error={agent.error} fields={rest} />
        <Actions>
          <Button type="primary" size="large" htmlType="submit">
            {words.next}
          </Button>
          <Button type="text" size="large" onClick={onCancel}>
            {words.cancel}
          </Button>
        </Actions>
      </div>
    </Form>
  );
}

interface DeskProps {
  desk: DeskView;
  isAdmin: boolean;
  onNotice: (text: string) => void;
}

function Desk({ desk, isAdmin, onNotice }: DeskProps) {
  const texts = useTexts(common);
  const { desks: words } = useTexts(makingTexts);
  const { time } = useTimes();
  const client = useQueryClient();
  const dismiss = useMutation({
    mutationFn: () => dismissDesk(desk.id),
    onSuccess: (list) => {
      client.setQueryData(desksQuery.queryKey, list);
      onNotice(words.wasDismissed(desk.name));
    },
    onError: () => void client.invalidateQueries({ queryKey: desksQuery.queryKey }),
  });
  const isActive = !desk.dismissed_at;
  return (
    <article className={css.desk} aria-label={desk.name}>
      <div className={css.head}>
        <h3>{desk.name}</h3>
        <ToneTag tone={isActive ? "done" : "over"}>{isActive ? words.active : words.dismissed}</ToneTag>
      </div>
      <p className="soft small">
        {words.by(desk.enrolled_by, time(desk.enrolled_at))} · {words.system} {desk.system}
      </p>
      {desk.dismissed_at && <p className="soft small">{words.dismissedAt(time(desk.dismissed_at))}</p>}
      {isActive && isAdmin && (
        <Actions>
          <Popconfirm
            title={words.dismissSure(desk.name)}
            okText={words.dismiss}
            cancelText={texts.notSure}
            onConfirm={() => dismiss.mutate()}
            styles={{ root: { maxWidth: 340 } }}
          >
            <Button size="small" danger loading={dismiss.isPending} aria-label={words.dismissOf(desk.name)}>
              {words.dismiss}
            </Button>
          </Popconfirm>
        </Actions>
      )}
      <ProblemAlert error={dismiss.error} />
    </article>
  );
}
