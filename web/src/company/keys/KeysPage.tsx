import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Modal, Radio } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";

import type { KeyToActivate } from "../../api/keys";
import { keysQuery, reportFound, reportLoss } from "../../api/ordering";
import type { KeyList, KeyService, KeyState, KeyView, ReplacementReason, Verb } from "../../api/schema";
import { Actions, Facts, PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Empty, Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import type { Tone } from "../../design/tokens";
import { agentTexts } from "../../i18n/agent";
import { common } from "../../i18n/common";
import { keyUse } from "../../i18n/key-use";
import { orderTexts } from "../../i18n/order";
import { ordering } from "../../i18n/ordering";
import { useTexts } from "../../i18n/texts";
import { AgentPanel, Finish } from "../agent/AgentPanel";
import { UpgradeCredit } from "../agent/UpgradeCredit";
import { type Agent, useAgent } from "../agent/use-agent";
import { useSession } from "../shell/RequireSession";
import { MALL } from "../storefronts";
import { ActivateModal } from "./ActivateModal";
import { daysLeft, toneOf } from "./days";
import css from "./keys.module.css";
import { mayAsk, orderOf, serviceOf, useWhyNot } from "./services";
import { useWaiting, type Waits } from "./waiting";

const TONES: Record<KeyState, Tone> = { active: "done", expired: "over", suspended: "attention", revoked: "over" };

/** What stops a key when it is told; a damaged one is in hand and stops nothing. */
const LOSSES: readonly ReplacementReason[] = ["lost", "stolen"];

const VERBS: readonly Verb[] = ["inspect", "test", "change_pin"];

/** 我的密钥: each key, until when it holds, what can be bought for it, what the agent does with it, and 挂失. */
export function KeysPage() {
  const { keys: words } = useTexts(ordering);
  const session = useSession();
  const keys = useQuery(keysQuery);
  const agent = useAgent();
  const agentWords = useTexts(agentTexts);
  const mayBuy = session.level === "full";
  const waiting = keys.data?.to_activate ?? [];
  const [activating, setActivating] = useState<string>();
  const ordered = useWaiting((keys.data?.keys.length ?? 0) > 0);
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
              {list.keys.map((key) => (
                <KeyCard key={key.serial} of={key} mayBuy={mayBuy} agent={agent} waits={ordered.get(key.serial)} />
              ))}
            </>
          )
        }
      </Loaded>
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
  mayBuy: boolean;
  agent: Agent;
  /** What was paid for it, and waits to be done. */
  waits: Waits | undefined;
}

function KeyCard({ of: key, mayBuy, agent, waits }: CardProps) {
  const { verb: verbs } = useTexts(agentTexts);
  const texts = useTexts(common);
  const { form, keys: words } = useTexts(ordering);
  const { storefront, replacementReason } = useTexts(orderTexts);
  const { day, time } = useTimes();
  const [isReporting, setReporting] = useState(false);
  const [isFinding, setFinding] = useState(false);
  const [done, setDone] = useState<"loss" | "found">();
  const navigate = useNavigate();
  const read = key.inspection;
  const replacement = serviceOf(key, "replacement");
  const mayReport = key.state === "active" || key.state === "expired";
  const now = mayReport ? waits : undefined;
  return (
    <Panel
      title={words.serial(key.serial)}
      beside={
        <ToneTag tone={TONES[key.state]} mark={key.state}>
          {words.state[key.state]}
        </ToneTag>
      }
    >
      {done === "found" && <Alert type="success" showIcon role="status" title={words.found.done(key.serial)} />}
      {done === "loss" && (
        <Alert
          type="success"
          showIcon
          role="status"
          title={words.loss.done(key.serial)}
          {...(mayBuy &&
            replacement &&
            !replacement.refused && { action: <Link to={orderOf(key, "replacement")}>{words.loss.replace}</Link> })}
        />
      )}
      {key.suspended && (
        <p className={css.suspended}>
          {words.suspended(replacementReason[key.suspended.reason], time(key.suspended.at))}
        </p>
      )}
      {now && (
        <Alert
          type="warning"
          showIcon
          title={words.waits.title[now.kind]}
          action={
            <Button
              type="primary"
              aria-label={words.waits.goOf(key.serial)}
              onClick={() => void navigate(`/orders/${now.order}`)}
            >
              {words.waits.go}
            </Button>
          }
        />
      )}
      <div className={css.columns}>
        <Facts
          facts={[
            [
              words.until,
              <span className={css.until}>
                <strong className="num">{day(key.not_after)}</strong>
                {key.state !== "revoked" && <Left until={key.not_after} />}
              </span>,
            ],
            [words.seal, key.seal ? words.hasSeal : words.noSeal],
            [words.medium, texts.medium[key.medium]],
            [words.since, <span className="num">{day(key.activated_at)}</span>],
            [words.bought, storefront[key.storefront] ?? key.storefront],
            [words.certificate, <span className="mono">{key.certificate_serial}</span>],
            ...(read ? [[words.inspection, form.inspect.read(time(read.at), day(read.not_after))] as const] : []),
          ]}
        />
        <section aria-label={words.services} className={css.services}>
          <h3>{words.services}</h3>
          {key.services.length === 0 ? (
            <p className="soft">{words.noServices}</p>
          ) : (
            <ul>
              {key.services.map((service) => (
                <Service
                  key={service.kind}
                  of={key}
                  service={service}
                  mayBuy={mayBuy}
                  isPaid={now?.kind === service.kind}
                />
              ))}
            </ul>
          )}
        </section>
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
          <Button danger aria-label={words.reportOf(key.serial)} onClick={() => setReporting(true)}>
            {words.report}
          </Button>
          <Report
            of={key}
            open={isReporting}
            onClose={() => setReporting(false)}
            onDone={() => {
              setReporting(false);
              setDone("loss");
            }}
          />
        </div>
      )}
      {key.state === "suspended" && (
        <div className="row">
          <Button data-found aria-label={words.found.goOf(key.serial)} onClick={() => setFinding(true)}>
            {words.found.go}
          </Button>
          <Found
            of={key}
            open={isFinding}
            onClose={() => setFinding(false)}
            onDone={() => {
              setFinding(false);
              setDone("found");
            }}
          />
        </div>
      )}
    </Panel>
  );
}

/** How long it still holds, in words and in a colour. */
function Left({ until }: { until: string }) {
  const { left: words } = useTexts(ordering).keys;
  const [now] = useState(Date.now);
  const days = daysLeft(until, now);
  return (
    <ToneTag tone={toneOf(days)}>
      {days === undefined ? words.ended : days === 0 ? words.today : words.days(days)}
    </ToneTag>
  );
}

interface ServiceProps {
  of: KeyView;
  service: KeyService;
  mayBuy: boolean;
  /** Was it bought, and waits to be done? Then nobody buys it twice. */
  isPaid: boolean;
}

/** One service: the way into an order, or why there is none now. */
function Service({ of: key, service, mayBuy, isPaid }: ServiceProps) {
  const { keys: words } = useTexts(ordering);
  const { kind: names } = useTexts(orderTexts);
  const { day } = useTimes();
  const navigate = useNavigate();
  const refused = useWhyNot()(key, service);
  const why = isPaid ? words.waits.short : refused;
  return (
    <li className={css.service}>
      <div>
        <strong>{names[service.kind]}</strong>
        {why !== undefined ? (
          <p className="small soft">{why}</p>
        ) : (
          service.closes_at && <p className="small soft">{words.closes(day(service.closes_at))}</p>
        )}
      </div>
      {why === undefined && mayBuy && (
        <Button
          aria-label={`${words.go[service.kind]} ${key.serial}`}
          onClick={() => void navigate(orderOf(key, service.kind))}
        >
          {words.go[service.kind]}
        </Button>
      )}
    </li>
  );
}

interface ReportProps {
  of: KeyView;
  open: boolean;
  onClose: () => void;
  onDone: () => void;
}

/** Puts what became of a key into the list. */
function useKeep(): (view: KeyView) => void {
  const client = useQueryClient();
  return (view) =>
    client.setQueryData<KeyList>(keysQuery.queryKey, (list) =>
      list ? { ...list, keys: list.keys.map((known) => (known.serial === view.serial ? view : known)) } : list,
    );
}

/** 已找回: what taking the report back does, before it is done. */
function Found({ of: key, open, onClose, onDone }: ReportProps) {
  const { keys: words } = useTexts(ordering);
  const keep = useKeep();
  const found = useMutation({
    mutationFn: () => reportFound(key.serial),
    onSuccess: (view) => {
      keep(view);
      onDone();
    },
  });
  return (
    <Modal
      open={open}
      title={words.found.title}
      okText={words.found.yes}
      cancelText={words.found.no}
      confirmLoading={found.isPending}
      onOk={() => found.mutate()}
      onCancel={onClose}
    >
      <div className="stack">
        <p>
          <strong>{words.serial(key.serial)}</strong>
        </p>
        <p>{words.found.sure}</p>
        <p>
          {words.found.now} {words.found.ended}
        </p>
        <p>{words.found.replacement}</p>
        <p>{words.found.then}</p>
        <ProblemAlert error={found.error} />
      </div>
    </Modal>
  );
}

/** 挂失: what it does, at once, before it is done. */
function Report({ of: key, open, onClose, onDone }: ReportProps) {
  const { keys: words } = useTexts(ordering);
  const { replacementReason } = useTexts(orderTexts);
  const keep = useKeep();
  const [reason, setReason] = useState<ReplacementReason>("lost");
  const report = useMutation({
    mutationFn: () => reportLoss(key.serial, reason),
    onSuccess: (view) => {
      keep(view);
      onDone();
    },
  });
  const replacement = serviceOf(key, "replacement");
  return (
    <Modal
      open={open}
      title={words.loss.title}
      okText={words.loss.yes}
      cancelText={words.loss.no}
      okButtonProps={{ danger: true }}
      confirmLoading={report.isPending}
      onOk={() => report.mutate()}
      onCancel={onClose}
    >
      <div className="stack">
        <p>
          <strong>{words.serial(key.serial)}</strong>
        </p>
        <Radio.Group
          aria-label={words.loss.reason}
          value={reason}
          onChange={(event) => setReason(event.target.value as ReplacementReason)}
          options={LOSSES.map((loss) => ({ value: loss, label: replacementReason[loss] }))}
        />
        <p>{words.loss.now}</p>
        <p>{words.loss.final}</p>
        {replacement && !replacement.refused && <p>{words.loss.next}</p>}
        <ProblemAlert error={report.error} />
      </div>
    </Modal>
  );
}
