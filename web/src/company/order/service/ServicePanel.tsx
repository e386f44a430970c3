import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Modal } from "antd";
import { Link } from "react-router";

import { Following, Install, Standing } from "../../../agent/Following";
import type { Phase } from "../../../agent/phase";
import { operationQuery } from "../../../api/agent";
import { orderQuery } from "../../../api/company";
import { keysQuery } from "../../../api/ordering";
import type { Obstacle, OperationView, OrderView } from "../../../api/schema";
import { Actions, Facts } from "../../../design/PageFrame";
import { useTimes } from "../../../design/time";
import { agentTexts } from "../../../i18n/agent";
import { serviceTexts } from "../../../i18n/service";
import { useTexts } from "../../../i18n/texts";
import { Done, WantedKey } from "../../agent/AgentPanel";
import { orderOf, serviceOf } from "../../keys/services";
import { useSession } from "../../shell/RequireSession";
import { Confirmation } from "./Confirmation";
import { IdNumberModal } from "./IdNumberModal";
import { isWaiting, type Service } from "./use-service";

interface Props {
  order: OrderView;
  service: Service;
}

/** A renewal or an unlock that is under way, from the click to its end. */
export function ServicePanel({ order, service }: Props) {
  const { agent, asking } = service;
  const words = useTexts(agentTexts);
  const client = useQueryClient();
  const known = useQuery({ ...operationQuery(agent.operation ?? ""), enabled: false });
  const lookAgain = () => void client.invalidateQueries({ queryKey: orderQuery(order.id).queryKey });
  return (
    <>
      <Modal
        open={agent.isOpen}
        title={known.data ? words.verb[known.data.verb] : agent.asked === undefined ? words.name : words.verb.renew}
        footer={null}
        width={540}
        // A click beside it would take the ticket back.
        mask={{ closable: false }}
        onCancel={() => {
          agent.close();
          lookAgain();
        }}
        destroyOnHidden
      >
        <Following
          agent={agent}
          onDone={() => {
            lookAgain();
            void client.invalidateQueries({ queryKey: ["orders", "list"] });
            void client.invalidateQueries({ queryKey: keysQuery.queryKey });
          }}
        >
          {(view, phase) => <Served order={order} service={service} view={view} phase={phase} />}
        </Following>
      </Modal>
      {asking && (
        <IdNumberModal
          key={asking.no}
          order={order.id}
          line={asking}
          onTicket={service.take}
          onRefused={lookAgain}
          onClose={service.stop}
        />
      )}
    </>
  );
}

/** Nobody can unlock it any more: the order service is the only way out. */
function isLost(obstacle: OperationView["obstacle"]): boolean {
  return obstacle === "so_pin_locked" || obstacle === "so_pin_unknown";
}

/** Can it not be mended while this goes on? */
function isDeadEnd(obstacle: OperationView["obstacle"]): boolean {
  return obstacle === "pin_locked" || obstacle === "key_full";
}

function Served({ order, service, view, phase }: Props & { view: OperationView; phase: Phase }) {
  const all = useTexts(agentTexts);
  const own = useTexts(serviceTexts);
  const { day } = useTimes();
  const { agent } = service;
  const verb = view.verb === "unlock" ? "unlock" : "renew";
  const kind = verb === "unlock" ? "unlock" : "renewal";
  const serial = view.key_serial ?? null;
  const ofKey = order.lines.find(({ key, product }) => product.kind === kind && key?.serial === serial);
  const waiting = order.lines.filter(isWaiting).find(({ no }) => no === ofKey?.no);
  const lost = isLost(view.obstacle);
  const confirmed = view.confirmed === true;
  const mustConfirm = verb === "unlock" && phase === "claimed" && !confirmed && !lost;
  const words = {
    ...all,
    hindered: lost ? own.lost.end : isDeadEnd(view.obstacle) ? own.giveUp : all.hindered,
    claimed: verb === "renew" ? all.claimed : confirmed ? own.code.confirmed : own.code.claimed,
    obstacle: { ...all.obstacle, ...own.obstacle },
    givenUp: own.givenUp[verb],
    givenUpText: own.givenUpText[verb],
  };
  if (phase === "given_up" && lost && view.obstacle) {
    const told = words.obstacle[view.obstacle];
    return (
      <div className="stack">
        <Alert
          type="error"
          showIcon
          role="alert"
          title={told.what}
          description={
            <div className="stack">
              <p>{told.way}</p>
              <p>{own.lost.text}</p>
            </div>
          }
        />
        <Actions>
          <Button onClick={agent.close}>{all.close}</Button>
        </Actions>
      </div>
    );
  }
  const until = view.read?.not_after;
  return (
    <Standing
      view={view}
      phase={phase}
      agent={agent}
      words={words}
      lead={
        <>
          {!mustConfirm && <p>{words.what[view.verb]}</p>}
          <Facts facts={[[words.key, <WantedKey serial={serial} medium={ofKey?.key?.medium} />]]} />
          {!mustConfirm && <p className="soft small">{words.where}</p>}
        </>
      }
      wayOut={(from) => <WayOut from={from} serial={serial} />}
      // What does not wait any more is not begun again.
      {...(waiting && { onRenew: () => service.begin(waiting) })}
      asks={mustConfirm && <Confirmation operation={view.id} onStop={agent.close} />}
      done={
        <Done
          view={view}
          title={verb === "renew" && until ? own.done(day(until)) : undefined}
          after={() => (
            <Actions>
              <Button type="primary" onClick={agent.close}>
                {own.close}
              </Button>
              <Link to="/keys">{own.toKeys}</Link>
            </Actions>
          )}
        />
      }
    />
  );
}

/** Where an obstacle is put right, when that is a page of this site. */
function WayOut({ from, serial }: { from: Obstacle; serial: string | null }) {
  const words = useTexts(agentTexts);
  const { level } = useSession();
  if (from === "no_module" || from === "no_key") {
    return <Install words={words} />;
  }
  if (from !== "pin_wrong" && from !== "pin_locked") {
    return null;
  }
  return level === "full" ? <Unlock serial={serial} /> : <Link to="/unbind">{words.unbind}</Link>;
}

/** An unlock, or the replacement that is left where that is not to be had. */
function Unlock({ serial }: { serial: string | null }) {
  const { unlock } = useTexts(agentTexts);
  const { replace } = useTexts(serviceTexts);
  const keys = useQuery(keysQuery);
  const key = keys.data?.keys.find((one) => one.serial === serial);
  const isOffered = (kind: "unlock" | "replacement") => {
    const service = key && serviceOf(key, kind);
    return service !== undefined && !service.refused;
  };
  if (!key) {
    return null;
  }
  // In a tab of its own: this order is gone on with afterwards.
  const to = (kind: "unlock" | "replacement", label: string) => (
    <Link to={orderOf(key, kind)} target="_blank" rel="noopener">
      {label}
    </Link>
  );
  return isOffered("unlock") ? to("unlock", unlock) : isOffered("replacement") ? to("replacement", replace) : null;
}
