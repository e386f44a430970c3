import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useEffect, useState } from "react";

import { Install, START } from "../../agent/Following";
import agentCss from "../../agent/agent.module.css";
import { offerKeyLogin } from "../../api/keys";
import { SESSION } from "../../api/query";
import type { TicketView } from "../../api/schema";
import { Panel } from "../../design/PageFrame";
import { Loaded } from "../../design/Standing";
import { useTimes } from "../../design/time";
import { agentTexts } from "../../i18n/agent";
import { keyUse } from "../../i18n/key-use";
import { useTexts } from "../../i18n/texts";

/** 密钥登录: opens the agent. The login ends in its window (DESIGN §7); asking here never yields a session. */
export function KeyLogin({ onBack }: { onBack?: () => void }) {
  const { login: words } = useTexts(keyUse);
  // A POST, for it sets this browser's cookie; asked for anew each time that somebody comes here.
  const ticket = useQuery({
    queryKey: ["key-login"],
    queryFn: offerKeyLogin,
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });
  return (
    <Panel>
      <p>{words.lead}</p>
      <Loaded of={ticket}>
        {(view) => <Opening key={view.operation.id} ticket={view} onRenew={() => void ticket.refetch()} />}
      </Loaded>
      {onBack && (
        <Button type="link" onClick={onBack}>
          {words.byPassword}
        </Button>
      )}
    </Panel>
  );
}

function Opening({ ticket: { address, operation }, onRenew }: { ticket: TicketView; onRenew: () => void }) {
  const { login: words } = useTexts(keyUse);
  const all = useTexts(agentTexts);
  const { time } = useTimes();
  const client = useQueryClient();
  const [isOpened, setOpened] = useState(false);
  const [isExpired, setExpired] = useState(operation.expired);
  useEffect(() => {
    const timer = setTimeout(() => setExpired(true), Date.parse(operation.expires_at) - Date.now());
    return () => clearTimeout(timer);
  }, [operation.expires_at]);
  useEffect(() => {
    if (!isOpened) {
      return undefined;
    }
    // Who comes back from the window in which they logged in is logged in here, too.
    const look = () => void client.invalidateQueries({ queryKey: SESSION });
    globalThis.addEventListener("focus", look);
    return () => globalThis.removeEventListener("focus", look);
  }, [isOpened, client]);
  return (
    <div className={agentCss.open}>
      <p role="status" className={agentCss.said}>
        {isOpened && !isExpired ? (
          <>
            <strong>{words.opened}</strong> {words.openedText}
          </>
        ) : (
          ""
        )}
      </p>
      {isExpired ? (
        <>
          <Alert type="warning" showIcon role="alert" title={words.expired} description={words.expiredText} />
          <Button type="primary" size="large" block onClick={onRenew}>
            {all.renew}
          </Button>
        </>
      ) : (
        <>
          <Button
            type={isOpened ? "default" : "primary"}
            size="large"
            block
            href={address}
            target="_blank"
            rel="noopener noreferrer"
            onClick={() => setOpened(true)}
          >
            {isOpened ? all.again : all.open}
          </Button>
          <p className="soft small">{all.until(time(operation.expires_at))}</p>
        </>
      )}
      <p className="soft small">{words.where}</p>
      {isOpened ? (
        <div className="small">
          <p>{words.silent}</p>
          <div className={agentCss.ways}>
            <Install words={all} />
            <a href={START}>{all.start}</a>
          </div>
        </div>
      ) : (
        <p className="small">
          {all.notInstalled} <Install words={all} />
        </p>
      )}
    </div>
  );
}
