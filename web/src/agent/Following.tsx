/** How an operation of the agent is opened and how it stands: what both sides of the site show of it. */
import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { type ReactNode, useEffect, useEffectEvent, useState } from "react";
import { Link } from "react-router";

import { isPassing } from "../api/errors";
import type { Obstacle, OperationView } from "../api/schema";
import { ProblemAlert } from "../design/ProblemAlert";
import { Loaded, Loading } from "../design/Standing";
import { useTimes } from "../design/time";
import type { AgentWords } from "../i18n/agent";
import css from "./agent.module.css";
import { isOver, type Phase, phaseOf, pollPause } from "./phase";
import type { Agent } from "./use-agent";

// They stand here and not in a file of their own: a page of help that shared less with the others would cut the chunk
// that every visit loads in two, and make it larger.
/** Starts an agent that is installed; where none is, nothing happens. */
export const START = "sealkey-agent:";
/** The page of the agent on this computer, without a ticket its self-check: the port of `contract::agent`. */
export const HERE = "http://127.0.0.1:27415/";
/** How it gets onto a computer. */
const HELP = "/help/agent";

interface Props<Asked> {
  agent: Agent<Asked>;
  /** It was done, here or before a reload. May be told twice. */
  onDone?: (view: OperationView) => void;
  children: (view: OperationView, phase: Phase) => ReactNode;
}

/** Gets the ticket, then follows what is done with it. */
export function Following<Asked>({ agent, ...more }: Props<Asked>) {
  const { asked, operation } = agent;
  if (agent.error) {
    return <ProblemAlert error={agent.error} {...(asked !== undefined && { onRetry: () => agent.ask(asked) })} />;
  }
  return operation === null || agent.isOffering ? (
    <Loading />
  ) : (
    <Asking key={operation} operation={operation} agent={agent} {...more} />
  );
}

function Asking<Asked>({ agent, operation, onDone, children }: Props<Asked> & { operation: string }) {
  const [since] = useState(Date.now);
  const asked = useQuery({
    ...agent.tickets.query(operation),
    // Only while somebody looks; coming back to the page asks at once.
    refetchInterval: ({ state: { data, error } }) => {
      if ((data && isOver(data)) || (error && !isPassing(error))) {
        return false;
      }
      const from = data?.state === "claimed" ? since : (agent.link?.openedAt ?? null);
      return pollPause(from === null ? null : Date.now() - from);
    },
  });
  const isDone = asked.data?.state === "done";
  const finished = useEffectEvent(() => {
    if (asked.data) {
      onDone?.(asked.data);
    }
  });
  useEffect(() => {
    if (isDone) {
      finished();
    }
  }, [isDone]);
  return <Loaded of={asked}>{(view) => children(view, phaseOf(view, asked.dataUpdatedAt, agent.link))}</Loaded>;
}

/** May an agent still begin with it, or go on? */
function isUnderWay(phase: Phase): boolean {
  return isWaiting(phase) || phase === "adrift" || phase === "claimed";
}

function isWaiting(phase: Phase): boolean {
  return phase === "ready" || phase === "opening" || phase === "absent";
}

interface StandingProps {
  view: OperationView;
  phase: Phase;
  agent: Pick<Agent<never>, "link" | "clicked">;
  words: AgentWords;
  /** What is to be done, until it is over. */
  lead: ReactNode;
  /** Where an obstacle is put right, when that is a page of this site. */
  wayOut?: (from: Obstacle) => ReactNode;
  /** Begins again with a ticket of its own; none where that takes more than a click. */
  onRenew?: () => void;
  /** Buttons as long as no agent has it. */
  beside?: ReactNode;
  /** What this site asks for once an agent has it. */
  asks?: ReactNode;
  /** What came of it. */
  done: ReactNode;
}

export function Standing({ view, phase, agent, words, lead, wayOut, onRenew, beside, asks, done }: StandingProps) {
  const { time } = useTimes();
  const waits = isWaiting(phase);
  const goesOn = isUnderWay(phase);
  return (
    <div className="stack">
      {goesOn && lead}
      {view.contested_at && (
        <Alert
          type="error"
          showIcon
          role="alert"
          title={words.contested(time(view.contested_at))}
          description={goesOn ? words.contestedText : words.contestedOver}
        />
      )}
      <p role="status" className={css.said}>
        {phase === "opening" ? words.waiting : phase === "claimed" && !view.obstacle ? words.claimed : ""}
      </p>
      {phase === "absent" && <Silent words={words} title={words.absent} text={words.absentText} />}
      {phase === "adrift" && <Silent words={words} title={words.adrift} text={words.adriftText} />}
      {phase === "expired" && <Alert type="warning" showIcon title={words.expired} description={words.expiredText} />}
      {phase === "given_up" && <Alert type="info" showIcon title={words.givenUp} description={words.givenUpText} />}
      {waits && agent.link && (
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
              {words.notInstalled} <Install words={words} />
            </p>
          )}
        </div>
      )}
      {(phase === "adrift" || phase === "expired" || phase === "given_up") && onRenew && (
        <Button type="primary" size="large" block onClick={onRenew}>
          {phase === "given_up" ? words.anew : words.renew}
        </Button>
      )}
      {(waits || phase === "adrift") && beside}
      {phase === "claimed" && asks}
      {phase === "claimed" && <Claimed view={view} agent={agent} words={words} wayOut={wayOut} />}
      {phase === "done" && done}
    </div>
  );
}

/** In a tab of its own: leaving this page would take the ticket back. */
export function Install({ words }: { words: AgentWords }) {
  return (
    <Link to={HELP} target="_blank" rel="noopener">
      {words.install}
    </Link>
  );
}

/** No agent was heard of: how to get one, and how to start it. */
function Silent({ words, title, text }: { words: AgentWords; title: string; text: string }) {
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
            <Install words={words} />
            <a href={START}>{words.start}</a>
          </div>
        </div>
      }
    />
  );
}

/** An agent has it: what keeps it, with the way out, and how to get back to its window. */
function Claimed({ view, agent, words, wayOut }: Pick<StandingProps, "view" | "agent" | "words" | "wayOut">) {
  const told = view.obstacle && words.obstacle[view.obstacle];
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
              {view.obstacle && wayOut?.(view.obstacle)}
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
