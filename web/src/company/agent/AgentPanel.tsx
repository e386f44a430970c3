import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Modal } from "antd";
import { type ReactNode, useEffect, useEffectEvent, useState } from "react";
import { Link } from "react-router";

import { operationQuery } from "../../api/agent";
import { isPassing } from "../../api/errors";
import { keysQuery } from "../../api/ordering";
import type { KeyRead, KeyView, Obstacle, OperationView } from "../../api/schema";
import { Actions, Facts } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded, Loading } from "../../design/Standing";
import { useTimes } from "../../design/time";
import { agentTexts } from "../../i18n/agent";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/texts";
import { useSpan } from "../credit/Reckoning";
import { orderOf, serviceOf } from "../keys/services";
import css from "./agent.module.css";
import { isOver, type Phase, phaseOf, pollPause } from "./phase";
import { remaining } from "./remaining";
import type { Agent, Asked } from "./use-agent";

// They stand here and not in a file of their own: a page of help that shared less with the others would cut the chunk
// that every visit loads in two, and make it larger.
/** Starts an agent that is installed; where none is, nothing happens. */
export const START = "sealkey-agent:";
/** The page of the agent on this computer, without a ticket its self-check: the port of `contract::agent`. */
export const HERE = "http://127.0.0.1:27415/";
/** How it gets onto a computer. */
const HELP = "/help/agent";

interface Props {
  agent: Agent;
  /** The company's keys as far as they are known, to tell the medium and the way out. */
  keys: readonly KeyView[];
  /** May this person order something? Else a locked key is unbound first (R27). */
  mayBuy: boolean;
  /** It was done, here or before a reload. May be told twice. */
  onDone?: (read: KeyRead) => void;
  /** What follows once it is done. */
  after: (view: OperationView, read: KeyRead) => ReactNode;
}

/** One operation of the agent: how it is opened, how it stands, what came of it. */
export function AgentPanel(props: Props) {
  const { agent } = props;
  const words = useTexts(agentTexts);
  const known = useQuery({ ...operationQuery(agent.operation ?? ""), enabled: false });
  const verb = known.data?.verb ?? agent.asked?.verb;
  return (
    <Modal
      open={agent.isOpen}
      title={verb ? words.verb[verb] : words.name}
      footer={null}
      width={540}
      // A click beside it would take the ticket back.
      mask={{ closable: false }}
      onCancel={agent.close}
      destroyOnHidden
    >
      {agent.operation === null || agent.isOffering || agent.error ? (
        <Offering agent={agent} />
      ) : (
        <Following key={agent.operation} {...props} operation={agent.operation} />
      )}
    </Modal>
  );
}

/** Until the ticket is there. */
function Offering({ agent }: Pick<Props, "agent">) {
  const { asked } = agent;
  return agent.error ? (
    <ProblemAlert error={agent.error} {...(asked && { onRetry: () => agent.ask(asked) })} />
  ) : (
    <Loading />
  );
}

function Following({ operation, agent, keys, mayBuy, onDone, after }: Props & { operation: string }) {
  const client = useQueryClient();
  const [since] = useState(Date.now);
  const asked = useQuery({
    ...operationQuery(operation),
    // Only while somebody looks; coming back to the page asks at once.
    refetchInterval: ({ state: { data, error } }) => {
      if ((data && isOver(data)) || (error && !isPassing(error))) {
        return false;
      }
      const from = data?.state === "claimed" ? since : (agent.link?.openedAt ?? null);
      return pollPause(from === null ? null : Date.now() - from);
    },
  });
  const read = asked.data?.read ?? undefined;
  const isDone = asked.data?.state === "done";
  const finished = useEffectEvent(() => {
    void client.invalidateQueries({ queryKey: keysQuery.queryKey });
    void client.invalidateQueries({ queryKey: ["quote"] });
    if (read) {
      onDone?.(read);
    }
  });
  useEffect(() => {
    if (isDone) {
      finished();
    }
  }, [isDone]);
  return (
    <Loaded of={asked}>
      {(view) => (
        <Standing
          view={view}
          phase={phaseOf(view, asked.dataUpdatedAt, agent.link)}
          agent={agent}
          of={keys.find(({ serial }) => serial === view.key_serial)}
          mayBuy={mayBuy}
          after={after}
        />
      )}
    </Loaded>
  );
}

interface StandingProps extends Pick<Props, "agent" | "mayBuy" | "after"> {
  view: OperationView;
  phase: Phase;
  of: KeyView | undefined;
}

function Standing({ view, phase, agent, of: key, mayBuy, after }: StandingProps) {
  const words = useTexts(agentTexts);
  const { time } = useTimes();
  const wanted: Asked = { verb: view.verb, serial: view.key_serial ?? null };
  const isWaiting = phase === "ready" || phase === "opening" || phase === "absent";
  const isUnderWay = isWaiting || phase === "adrift" || phase === "claimed";
  return (
    <div className="stack">
      {isUnderWay && (
        <>
          <p>{words.what[view.verb]}</p>
          <Facts facts={[[words.key, <WantedKey serial={wanted.serial} of={key} />]]} />
          <p className="soft small">{words.where}</p>
        </>
      )}
      {view.contested_at && (
        <Alert
          type="error"
          showIcon
          role="alert"
          title={words.contested(time(view.contested_at))}
          description={isUnderWay ? words.contestedText : words.contestedOver}
        />
      )}
      <p role="status" className={css.said}>
        {phase === "opening" ? words.waiting : phase === "claimed" && !view.obstacle ? words.claimed : ""}
      </p>
      {phase === "absent" && <Silent title={words.absent} text={words.absentText} />}
      {phase === "adrift" && <Silent title={words.adrift} text={words.adriftText} />}
      {phase === "expired" && <Alert type="warning" showIcon title={words.expired} description={words.expiredText} />}
      {phase === "given_up" && <Alert type="info" showIcon title={words.givenUp} description={words.givenUpText} />}
      {isWaiting && agent.link && (
        <div className={css.open}>
          <Button
            type={phase === "opening" ? "default" : "primary"}
            size="large"
            block
            href={agent.link.address}
            target="_blank"
            rel="noopener noreferrer"
            onClick={agent.clicked}
          >
            {phase === "ready" ? words.open : words.again}
          </Button>
          <p className="soft small">{words.until(time(view.expires_at))}</p>
          {phase === "ready" && (
            <p className="small">
              {words.notInstalled} <Install />
            </p>
          )}
        </div>
      )}
      {(phase === "adrift" || phase === "expired" || phase === "given_up") && (
        <Button type="primary" size="large" block onClick={() => agent.ask(wanted)}>
          {phase === "given_up" ? words.anew : words.renew}
        </Button>
      )}
      {phase === "claimed" && <Claimed view={view} agent={agent} of={key} mayBuy={mayBuy} />}
      {phase === "done" && view.read && <Done view={view} read={view.read} after={after} />}
    </div>
  );
}

/** Which key it must be: its number as it is printed on it, the end of it to look for. */
function WantedKey({ serial, of: key }: { serial: string | null; of: KeyView | undefined }) {
  const words = useTexts(agentTexts);
  const { medium } = useTexts(common);
  if (serial === null) {
    return words.anyKey;
  }
  const end = Math.max(0, serial.length - 4);
  return (
    <span className={css.serial}>
      <span className="num">
        {serial.slice(0, end)}
        <strong>{serial.slice(end)}</strong>
      </span>
      {key && <span className="soft"> {medium[key.medium]}</span>}
    </span>
  );
}

/** In a tab of its own: leaving this page would take the ticket back. */
function Install() {
  const words = useTexts(agentTexts);
  return (
    <Link to={HELP} target="_blank" rel="noopener">
      {words.install}
    </Link>
  );
}

/** No agent was heard of: how to get one, and how to start it. */
function Silent({ title, text }: { title: string; text: string }) {
  const words = useTexts(agentTexts);
  return (
    <Alert
      type="warning"
      showIcon
      role="alert"
      title={title}
      description={
        <div className="stack">
          <p>{text}</p>
          <div className={css.ways}>
            <Install />
            <a href={START}>{words.start}</a>
          </div>
        </div>
      }
    />
  );
}

/** An agent has it: what keeps it, with the way out, and how to get back to its window. */
function Claimed({ view, agent, of: key, mayBuy }: Pick<StandingProps, "view" | "agent" | "of" | "mayBuy">) {
  const words = useTexts(agentTexts);
  const told = view.obstacle && words.obstacle[view.obstacle];
  const way = view.obstacle && <WayOut from={view.obstacle} of={key} mayBuy={mayBuy} />;
  return (
    <>
      {told && (
        <Alert
          type="warning"
          showIcon
          role="alert"
          title={told.what}
          description={
            <div className="stack">
              <p>{told.way}</p>
              {way}
              <p className="small">{words.hindered}</p>
            </div>
          }
        />
      )}
      <div className="small soft">
        <p>
          {words.windowGone}{" "}
          {agent.link ? (
            <a href={agent.link.address} target="_blank" rel="noopener noreferrer">
              {words.again}
            </a>
          ) : (
            <a href={START}>{words.again}</a>
          )}
        </p>
        <p>{words.goesOn}</p>
        {view.agent && <p>{words.about(view.agent.version, view.agent.system)}</p>}
      </div>
    </>
  );
}

/** Where an obstacle is put right, when that is a page of this site. */
function WayOut({ from, of: key, mayBuy }: { from: Obstacle; of: KeyView | undefined; mayBuy: boolean }) {
  const words = useTexts(agentTexts);
  switch (from) {
    case "no_module":
    case "no_key":
      return <Install />;
    case "pin_wrong":
    case "pin_locked": {
      if (!mayBuy) {
        return <Link to="/unbind">{words.unbind}</Link>;
      }
      const unlock = key && serviceOf(key, "unlock");
      return key && unlock && !unlock.refused ? <Link to={orderOf(key, "unlock")}>{words.unlock}</Link> : null;
    }
    case "wrong_key":
    case "no_certificate":
    case "key_removed":
    case "key_full":
    case "key_fails":
    case "clock_wrong":
      return null;
  }
}

function Done({ view, read, after }: { view: OperationView; read: KeyRead; after: Props["after"] }) {
  const words = useTexts(agentTexts);
  const { medium } = useTexts(common);
  const { day } = useTimes();
  const span = useSpan();
  const left = remaining(view.ended_at ?? read.not_after, read.not_after);
  return (
    <>
      <Alert
        type="success"
        showIcon
        role="status"
        title={words.done[view.verb]}
        description={words.doneText[view.verb]}
      />
      <Facts
        facts={[
          [words.facts.serial, <span className={`num ${css.serial ?? ""}`}>{read.serial}</span>],
          [words.facts.medium, medium[read.medium]],
          [words.facts.left, <strong>{span(left.months, left.days)}</strong>],
          [words.facts.until, <span className="num">{day(read.not_after)}</span>],
        ]}
      />
      {after(view, read)}
    </>
  );
}

/** The last button of a panel. */
export function Finish({ agent, label }: { agent: Agent; label: string }) {
  return (
    <Actions>
      <Button onClick={agent.close}>{label}</Button>
    </Actions>
  );
}
