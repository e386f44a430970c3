import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";

import type { KeyToActivate } from "../../api/keys";
import { keysQuery } from "../../api/ordering";
import type { KeyState, KeyView, Verb } from "../../api/schema";
import { Actions, Facts, PageFrame, Panel } from "../../design/PageFrame";
import { Empty, Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import type { Tone } from "../../design/tokens";
import { agentTexts } from "../../i18n/agent";
import { common } from "../../i18n/common";
import { keyUse } from "../../i18n/key-use";
import { keysTexts } from "../../i18n/keys";
import { orderTexts } from "../../i18n/order";
import { ordering } from "../../i18n/ordering";
import { useTexts } from "../../i18n/texts";
import { AgentPanel, Finish } from "../agent/AgentPanel";
import { UpgradeCredit } from "../agent/UpgradeCredit";
import { type Agent, useAgent } from "../agent/use-agent";
import { lineAddress } from "../order/line-address";
import { useIsFull, useSession } from "../shell/RequireSession";
import { MALL } from "../storefronts";
import { ActivateModal } from "./ActivateModal";
import { toneOf } from "./days";
import css from "./keys.module.css";
import { Found, Report } from "./Loss";
import { type Catalog, useCatalogs } from "./prices";
import { ServiceList } from "./ServiceList";
import { mayAsk, orderOf, serviceOf } from "./services";
import { useWaiting, type Waits } from "./waiting";

const TONES: Record<KeyState, Tone> = { active: "done", expired: "over", suspended: "attention", revoked: "over" };

const VERBS: readonly Verb[] = ["inspect", "test", "change_pin"];

/** 我的密钥: each key, until when it holds, what can be bought for it, what the agent does with it, and 挂失. */
export function KeysPage() {
  const { keys: words } = useTexts(ordering);
  const session = useSession();
  const keys = useQuery(keysQuery);
  const agent = useAgent();
  const agentWords = useTexts(agentTexts);
  const mayBuy = useIsFull();
  const waiting = keys.data?.to_activate ?? [];
  const [activating, setActivating] = useState<string>();
  const { waits: waitWords, elsewhere } = useTexts(keysTexts);
  const catalogOf = useCatalogs(keys.data?.keys ?? []);
  const ordered = useWaiting(keys.data?.keys);
  return (
    <PageFrame title={words.title}>
      <p className="soft">{words.lead}</p>
      {session.level === "limited" && (
        <Alert type="info" showIcon title={words.limited} action={<Link to="/unbind">{words.unbind}</Link>} />
      )}
      <Loaded of={keys}>
        {(list) =>
          list.keys.length === 0 && waiting.length === 0 ? (
            <Panel>
              <Empty text={words.empty}>
                <Link to={MALL.home}>{words.toMall}</Link>
              </Empty>
            </Panel>
          ) : (
            <>
              {waiting.map((key) => (
                <NewKey key={key.serial} of={key} onActivate={() => setActivating(key.serial)} />
              ))}
              {ordered.isMore && (
                <Alert
                  type="info"
                  showIcon
                  title={waitWords.more}
                  action={<Link to="/orders?state=awaiting_agent">{waitWords.toOrders}</Link>}
                />
              )}
              <Ending keys={list.keys.filter(({ serial }) => !isPaidFor(ordered.of.get(serial), "renewal"))} />
              {revokedLast(list.keys).map((key) => (
                <KeyCard
                  key={key.serial}
                  of={key}
                  catalog={catalogOf(key)}
                  mayBuy={mayBuy}
                  agent={agent}
                  waits={ordered.of.get(key.serial) ?? []}
                />
              ))}
            </>
          )
        }
      </Loaded>
      {keys.data && <Join onJoin={() => agent.ask({ verb: "inspect", serial: null })} />}
      <AgentPanel
        agent={agent}
        keys={keys.data?.keys ?? []}
        toActivate={waiting}
        onActivate={setActivating}
        mayBuy={mayBuy}
        after={({ verb }, read) => {
          const key = keys.data?.keys.find(({ serial }) => serial === read?.serial);
          const upgrade = key && serviceOf(key, "upgrade");
          return (
            <>
              {key?.issued_by && <p>{elsewhere.done(key.serial, key.issued_by)}</p>}
              {verb === "inspect" && key && upgrade && !upgrade.refused && <UpgradeCredit of={key} mayBuy={mayBuy} />}
              <Finish agent={agent} label={agentWords.close} />
            </>
          );
        }}
      />
      {activating !== undefined && (
        <ActivateModal
          serial={activating}
          replaces={waiting.find(({ serial }) => serial === activating)?.replaces}
          onTicket={(ticket) => {
            setActivating(undefined);
            agent.take(ticket);
          }}
          onClose={() => setActivating(undefined)}
        />
      )}
    </PageFrame>
  );
}

/** The way for keys that another issuer made: read once by the agent, they are listed. */
function Join({ onJoin }: { onJoin: () => void }) {
  const { elsewhere: words } = useTexts(keysTexts);
  return (
    <Panel title={words.title}>
      <p>{words.lead}</p>
      <Actions>
        <Button data-join onClick={onJoin}>
          {words.go}
        </Button>
      </Actions>
    </Panel>
  );
}

/** What is over for good stands below what can still be used. */
function revokedLast(keys: readonly KeyView[]): KeyView[] {
  const isOver = ({ state }: KeyView) => state === "revoked";
  return [...keys.filter((key) => !isOver(key)), ...keys.filter(isOver)];
}

/** A key that was handed over and not used yet. */
function NewKey({ of: key, onActivate }: { of: KeyToActivate; onActivate: () => void }) {
  const { activate: words } = useTexts(keyUse);
  const { medium } = useTexts(common);
  const { unitNo } = useTexts(orderTexts);
  const { day, time } = useTimes();
  return (
    <Panel
      title={words.title(key.serial)}
      beside={
        <ToneTag tone="yours" mark="to_activate">
          {words.state}
        </ToneTag>
      }
    >
      <p>{words.lead}</p>
      <Facts
        facts={[
          [words.medium, medium[key.medium]],
          [
            words.order,
            <Link className="num" to={`/orders/${key.order}`}>
              {key.order}
            </Link>,
          ],
          [words.unit, unitNo(key.unit)],
          [words.until, <span className="num">{day(key.not_after)}</span>],
          [words.handed, <span className="num">{time(key.handed_at)}</span>],
        ]}
      />
      {key.replaces && <Alert type="info" showIcon title={words.replaces(key.replaces)} />}
      <Actions>
        <Button type="primary" data-verb="activate" aria-label={words.goOf(key.serial)} onClick={onActivate}>
          {words.go}
        </Button>
      </Actions>
    </Panel>
  );
}

interface CardProps {
  of: KeyView;
  catalog: Catalog;
  mayBuy: boolean;
  agent: Agent;
  /** What was ordered for it, and is not done yet. */
  waits: readonly Waits[];
}

function KeyCard({ of: key, catalog, mayBuy, agent, waits }: CardProps) {
  const { verb: verbs } = useTexts(agentTexts);
  const texts = useTexts(common);
  const { form, keys: words } = useTexts(ordering);
  const { report, reportOf, found, elsewhere } = useTexts(keysTexts);
  const { replacementReason, storefront } = useTexts(orderTexts);
  const { day, time } = useTimes();
  const [isReporting, setReporting] = useState(false);
  const [done, setDone] = useState<"loss" | "found">();
  const read = key.inspection;
  const mayReport = key.state === "active" || key.state === "expired";
  const told = key.state === "revoked" ? [] : waits;
  return (
    <Panel
      title={words.serial(key.serial)}
      beside={
        <ToneTag tone={TONES[key.state]} mark={key.state}>
          {key.issued_by && key.state === "revoked" ? elsewhere.overState : words.state[key.state]}
        </ToneTag>
      }
    >
      {done === "found" && key.state !== "suspended" && (
        <Alert
          type="success"
          showIcon
          role="status"
          title={found.done(key.serial)}
          {...(mayAsk(key) && {
            action: (
              <Button size="small" onClick={() => agent.ask({ verb: "change_pin", serial: key.serial })}>
                {found.changePin}
              </Button>
            ),
          })}
        />
      )}
      {key.suspended && key.state === "revoked" && !key.issued_by && (
        <p className="soft">{words.suspended(replacementReason[key.suspended.reason], time(key.suspended.at))}</p>
      )}
      {key.suspended && key.state !== "revoked" && (
        <Reported
          of={key}
          suspended={key.suspended}
          isNew={done === "loss"}
          mayBuy={mayBuy}
          isReplaced={told.some(({ kind }) => kind === "replacement")}
          onFound={() => setDone("found")}
        />
      )}
      {told.map((one) => (
        <Waiting key={`${one.order} ${String(one.line)}`} of={key} waits={one} />
      ))}
      <div className={css.columns}>
        <Facts
          facts={[
            [
              words.until,
              <span className={css.until}>
                <strong className="num">{day(key.not_after)}</strong>
                {key.state !== "revoked" && <Left days={key.days_left} />}
              </span>,
            ],
            // Of a key that joined only its certificate was read.
            ...(key.issued_by
              ? [[elsewhere.issuer, key.issued_by] as const]
              : [[words.seal, key.seal ? words.hasSeal : words.noSeal] as const]),
            [words.medium, texts.medium[key.medium]],
            [key.issued_by ? elsewhere.joined : words.since, <span className="num">{day(key.activated_at)}</span>],
            [words.bought, storefront[key.storefront] ?? key.storefront],
            [words.certificate, <span className="mono">{key.certificate_serial}</span>],
            ...(read ? [[words.inspection, form.inspect.read(time(read.at), day(read.not_after))] as const] : []),
          ]}
        />
        <ServiceList of={key} catalog={catalog} mayBuy={mayBuy} waits={told} />
      </div>
      {mayReport && (
        <div className="row">
          {mayAsk(key) &&
            VERBS.map((verb) => (
              <Button
                key={verb}
                data-verb={verb}
                aria-label={`${verbs[verb]} ${key.serial}`}
                onClick={() => agent.ask({ verb, serial: key.serial })}
              >
                {verbs[verb]}
              </Button>
            ))}
          <Button danger data-report aria-label={reportOf(key.serial)} onClick={() => setReporting(true)}>
            {report}
          </Button>
        </div>
      )}
      <Report
        of={key}
        catalog={catalog}
        open={isReporting}
        onClose={() => setReporting(false)}
        onDone={() => {
          setReporting(false);
          setDone("loss");
        }}
      />
    </Panel>
  );
}

interface ReportedProps {
  of: KeyView;
  suspended: NonNullable<KeyView["suspended"]>;
  /** Was it reported just now? */
  isNew: boolean;
  mayBuy: boolean;
  /** Was its replacement ordered already? */
  isReplaced: boolean;
  onFound: () => void;
}

/** A key that was reported: since when, and the two ways from there, its replacement and that it is found again. */
function Reported({ of: key, suspended, isNew, mayBuy, isReplaced, onFound }: ReportedProps) {
  const { suspended: since } = useTexts(ordering).keys;
  const { loss: words, found } = useTexts(keysTexts);
  const { replacementReason } = useTexts(orderTexts);
  const { time } = useTimes();
  const navigate = useNavigate();
  const [isFinding, setFinding] = useState(false);
  const replacement = serviceOf(key, "replacement");
  const mayReplace = replacement !== undefined && !replacement.refused && !isReplaced;
  return (
    <>
      {isNew ? (
        <Alert
          type="success"
          showIcon
          role="status"
          title={key.issued_by ? words.doneElsewhere(key.serial, key.issued_by) : words.done(key.serial)}
          description={
            <div className="stack">
              {mayReplace && mayBuy && <p>{words.soon}</p>}
              <p>
                {words.sessions} <Link to="/security">{words.toSessions}</Link>
              </p>
            </div>
          }
        />
      ) : (
        <p className={css.suspended}>
          {key.issued_by
            ? words.suspendedElsewhere(replacementReason[suspended.reason], time(suspended.at), key.issued_by)
            : since(replacementReason[suspended.reason], time(suspended.at))}
        </p>
      )}
      {mayReplace && !mayBuy && (
        <p>
          {words.unbind} <Link to="/unbind">{words.toUnbind}</Link>
        </p>
      )}
      <Actions>
        {mayReplace && mayBuy && (
          <Button
            type="primary"
            aria-label={words.replaceOf(key.serial)}
            onClick={() => void navigate(orderOf(key, "replacement"))}
          >
            {words.replace}
          </Button>
        )}
        <Button data-found aria-label={found.goOf(key.serial)} onClick={() => setFinding(true)}>
          {found.go}
        </Button>
      </Actions>
      <Found
        of={key}
        open={isFinding}
        onClose={() => setFinding(false)}
        onDone={() => {
          setFinding(false);
          onFound();
        }}
      />
    </>
  );
}

/** What was ordered for a key, with the way to its line. */
function Waiting({ of: key, waits: { kind, order, line, display } }: { of: KeyView; waits: Waits }) {
  const { waits: words } = useTexts(keysTexts);
  const { display: states } = useTexts(orderTexts);
  const navigate = useNavigate();
  const isPaused = kind !== "replacement" && key.state === "suspended";
  const isYours = kind !== "replacement" && !isPaused;
  const go = (
    <Button
      type={isYours ? "primary" : "default"}
      aria-label={isYours ? words.goOf(key.serial) : words.lookOf(key.serial)}
      onClick={() => void navigate(lineAddress(order, line))}
    >
      {isYours ? words.go : words.look}
    </Button>
  );
  return isPaused ? (
    <Alert
      type="info"
      showIcon
      title={words.paused[kind]}
      description={
        <div className="stack">
          <p>{words.pausedText}</p>
          <div>{go}</div>
        </div>
      }
    />
  ) : (
    <Alert
      type={isYours ? "warning" : "info"}
      showIcon
      title={kind === "replacement" ? words.replacement(states[display]) : words.title[kind]}
      action={go}
    />
  );
}

/** Was this ordered for a key already, and waits to be done? */
const isPaidFor = (waits: readonly Waits[] | undefined, what: Waits["kind"]) =>
  waits?.some(({ kind }) => kind === what) ?? false;

/** The keys that are reminded of, above all others: those that end soon, and can be renewed. */
function Ending({ keys }: { keys: KeyView[] }) {
  const { ending } = useTexts(keysTexts);
  const soon = keys.filter((key) => typeof key.reminder === "number" && !serviceOf(key, "renewal")?.refused);
  return (
    soon.length > 0 && <Alert type="warning" showIcon title={ending(soon.map(({ serial }) => serial).join(" / "))} />
  );
}

/** How long it still holds, in words and in a colour. */
function Left({ days }: { days: KeyView["days_left"] }) {
  const { left: words } = useTexts(keysTexts);
  return (
    <ToneTag tone={toneOf(days)}>
      {typeof days !== "number" ? words.ended : days === 0 ? words.today : words.days(days)}
    </ToneTag>
  );
}
