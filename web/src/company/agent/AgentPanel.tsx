import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Modal } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";

import { Following, Install, Standing } from "../../agent/Following";
import type { Phase } from "../../agent/phase";
import { operationQuery } from "../../api/agent";
import type { KeyToActivate } from "../../api/keys";
import { keysQuery } from "../../api/ordering";
import type { KeyRead, KeyView, Medium, Obstacle, OperationView } from "../../api/schema";
import { Actions, Facts } from "../../design/PageFrame";
import { useTimes } from "../../design/time";
import { agentTexts } from "../../i18n/agent";
import { common } from "../../i18n/common";
import { keyUse } from "../../i18n/key-use";
import { useTexts } from "../../i18n/texts";
import { useSpan } from "../credit/Reckoning";
import { orderOf, serviceOf } from "../keys/services";
import css from "./agent.module.css";
import { remaining } from "./remaining";
import type { Agent } from "./use-agent";

interface Props {
  agent: Agent;
  /** The company's keys as far as they are known, to tell the medium and the way out. */
  keys: readonly KeyView[];
  /** May this person order something? Else a locked key is unbound first (R27). */
  mayBuy: boolean;
  /** Those that nobody has used yet. */
  toActivate?: readonly KeyToActivate[];
  /** Begins the activation of a key again, which takes more than a click. */
  onActivate?: (serial: string) => void;
  /** It was done, here or before a reload. May be told twice. */
  onDone?: (read: KeyRead) => void;
  /** What follows once it is done. */
  after: (view: OperationView, read: KeyRead | undefined) => ReactNode;
}

/** One operation of the agent: how it is opened, how it stands, what came of it. */
export function AgentPanel(props: Props) {
  const { agent, keys, onDone } = props;
  const words = useTexts(agentTexts);
  const client = useQueryClient();
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
      <Following
        agent={agent}
        onDone={({ read }) => {
          void client.invalidateQueries({ queryKey: keysQuery.queryKey });
          void client.invalidateQueries({ queryKey: ["quote"] });
          if (read) {
            onDone?.(read);
          }
        }}
      >
        {(view, phase) => (
          <OfKey {...props} view={view} phase={phase} of={keys.find(({ serial }) => serial === view.key_serial)} />
        )}
      </Following>
    </Modal>
  );
}

interface OfKeyProps extends Pick<Props, "agent" | "mayBuy" | "after" | "toActivate" | "onActivate"> {
  view: OperationView;
  phase: Phase;
  of: KeyView | undefined;
}

function OfKey({ view, phase, agent, of: key, mayBuy, after, toActivate = [], onActivate }: OfKeyProps) {
  const all = useTexts(agentTexts);
  const { activate } = useTexts(keyUse);
  const serial = view.key_serial ?? null;
  const isFirstUse = view.verb === "activate";
  const noPin = { what: activate.noPin, way: activate.noPinWay };
  // Nobody knows the PIN of a key that was never used, so there is none to type again and none to forget.
  const isStuck = isFirstUse && (view.obstacle === "pin_wrong" || view.obstacle === "pin_locked");
  const words = isStuck
    ? { ...all, hindered: activate.noPinEnd, obstacle: { ...all.obstacle, pin_wrong: noPin, pin_locked: noPin } }
    : view.verb === "inspect"
      ? // A locked key is read all the same.
        { ...all, obstacle: { ...all.obstacle, pin_locked: all.lockedInspect } }
      : all;
  const medium = (key ?? toActivate.find((one) => one.serial === serial))?.medium;
  const renew = () => {
    if (isFirstUse && serial !== null) {
      agent.close();
      onActivate?.(serial);
    } else {
      agent.ask({ verb: view.verb, serial });
    }
  };
  return (
    <Standing
      view={view}
      phase={phase}
      agent={agent}
      words={words}
      lead={
        <>
          <p>{words.what[view.verb]}</p>
          <Facts facts={[[words.key, <WantedKey serial={serial} medium={medium} />]]} />
          <p className="soft small">{words.where}</p>
        </>
      }
      wayOut={(from) => (isStuck ? null : <WayOut from={from} of={key} mayBuy={mayBuy} />)}
      onRenew={renew}
      done={<Done view={view} after={after} />}
    />
  );
}

/** Which key it must be: its number as it is printed on it, the end of it to look for. */
export function WantedKey({ serial, medium }: { serial: string | null; medium: Medium | undefined }) {
  const words = useTexts(agentTexts);
  const { medium: media } = useTexts(common);
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
      {medium && <span className="soft"> {media[medium]}</span>}
    </span>
  );
}

/** Where an obstacle is put right, when that is a page of this site. */
function WayOut({ from, of: key, mayBuy }: { from: Obstacle; of: KeyView | undefined; mayBuy: boolean }) {
  const words = useTexts(agentTexts);
  switch (from) {
    case "no_module":
    case "no_key":
      return <Install words={words} />;
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
    case "so_pin_locked":
    case "so_pin_unknown":
      return null;
  }
}

interface DoneProps {
  view: OperationView;
  /** What is said of it in one line, when that is more than that it is done. */
  title?: string | undefined;
  after: Props["after"];
}

export function Done({ view, title, after }: DoneProps) {
  const words = useTexts(agentTexts);
  const { medium } = useTexts(common);
  const { day } = useTimes();
  const span = useSpan();
  const read = view.read ?? undefined;
  const left = read && remaining(view.ended_at ?? read.not_after, read.not_after);
  return (
    <>
      <Alert
        type="success"
        showIcon
        role="status"
        title={title ?? words.done[view.verb]}
        description={words.doneText[view.verb]}
      />
      {read && left && (
        <Facts
          facts={[
            [words.facts.serial, <span className={`num ${css.serial ?? ""}`}>{read.serial}</span>],
            [words.facts.medium, medium[read.medium]],
            [words.facts.left, <strong>{span(left.months, left.days)}</strong>],
            [words.facts.until, <span className="num">{day(read.not_after)}</span>],
          ]}
        />
      )}
      {after(view, read)}
    </>
  );
}

/** The last button of a panel. */
export function Finish({ agent, label }: { agent: Pick<Agent, "close">; label: string }) {
  return (
    <Actions>
      <Button onClick={agent.close}>{label}</Button>
    </Actions>
  );
}
