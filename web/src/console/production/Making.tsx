import { useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";

import { Following, Install, Standing } from "../../agent/Following";
import type { Agent, Tickets } from "../../agent/use-agent";
import { type At, productionQuery } from "../../api/console";
import { deskOperationQuery, offerMaking, withdrawDeskOperation } from "../../api/making";
import type { ProductionView } from "../../api/schema";
import { Actions, Facts, Panel } from "../../design/PageFrame";
import { agentTexts } from "../../i18n/agent";
import { common } from "../../i18n/common";
import { makingTexts } from "../../i18n/making";
import { useTexts } from "../../i18n/texts";
import { useDeskWords } from "./desk-words";
import { Done } from "./Done";
import { waitingOf } from "./units";

/** Tickets to make the keys of a line. */
export const MAKING: Tickets<At> = {
  offer: offerMaking,
  query: deskOperationQuery,
  withdraw: withdrawDeskOperation,
};

interface Props {
  at: At;
  view: ProductionView;
  agent: Agent<At>;
}

/** 制作密钥: opens the agent of this desk and follows what it does. */
export function Making({ at, view: { row, units }, agent }: Props) {
  const { make: words } = useTexts(makingTexts);
  const { medium, keys } = useTexts(common);
  const all = useTexts(agentTexts);
  const desk = useDeskWords();
  const client = useQueryClient();
  const open = row.stage === "AwaitProduction";
  const renewLine = () => client.invalidateQueries({ queryKey: productionQuery(at).queryKey, exact: true });
  const lead = (
    <>
      <p>{row.product.kind === "renewal" ? words.carried : words.lead}</p>
      <Facts
        facts={[
          [words.medium, <strong>{medium[row.product.medium]}</strong>],
          [words.left, keys(waitingOf(units))],
        ]}
      />
      <p className="soft small">{words.where}</p>
    </>
  );
  return (
    <Panel title={words.title}>
      {agent.isOpen ? (
        <Following agent={agent} onDone={() => void renewLine()}>
          {(view, phase) => (
            <>
              <Standing
                view={view}
                phase={phase}
                agent={agent}
                words={{ ...desk, goesOn: words.goesOn }}
                lead={lead}
                wayOut={(from) => (from === "no_module" ? <Install words={desk} /> : null)}
                {...(open && { onRenew: () => agent.ask(at) })}
                beside={
                  <Actions>
                    <Button onClick={agent.close}>{words.withdraw}</Button>
                  </Actions>
                }
                done={<Done title={all.done.make} text={all.doneText.make} />}
              />
              {open && phase === "claimed" && (
                <div className="stack">
                  <p className="soft small">{words.anotherNote}</p>
                  <Actions>
                    <Button onClick={() => agent.ask(at)}>{words.another}</Button>
                  </Actions>
                </div>
              )}
              {open && phase === "done" && waitingOf(units) > 0 && (
                <Actions>
                  <Button type="primary" onClick={() => agent.ask(at)}>
                    {words.start}
                  </Button>
                </Actions>
              )}
            </>
          )}
        </Following>
      ) : (
        <>
          {lead}
          <Actions>
            <Button type="primary" size="large" onClick={() => agent.ask(at)}>
              {words.start}
            </Button>
          </Actions>
        </>
      )}
    </Panel>
  );
}
