import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useNavigate } from "react-router";

import { useAgent } from "../../agent/use-agent";
import { type At, productionQuery } from "../../api/console";
import { Actions, PageFrame, Panel } from "../../design/PageFrame";
import { Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { consoleTexts } from "../../i18n/console";
import { makingTexts } from "../../i18n/making";
import { useTexts } from "../../i18n/texts";
import { useAt } from "../shell/at";
import { SubjectFacts } from "../shell/SubjectFacts";
import { LineSeals } from "./LineSeals";
import { Making, MAKING } from "./Making";
import { Units } from "./UnitList";
import { isMade } from "./units";

/** How often the line is asked for while an agent makes its keys, and while nobody here does. */
const [MAKING_MS, IDLE_MS] = [2_500, 15_000];

/** The keys of one line before a maker: made by the agent of a desk, one after the other. */
export function ProductionPage() {
  const at = useAt();
  const { production: words, stage } = useTexts(consoleTexts);
  const { make } = useTexts(makingTexts);
  const navigate = useNavigate();
  const agent = useAgent<At>(MAKING);
  const production = useQuery({
    ...productionQuery(at),
    refetchInterval: ({ state: { data } }) =>
      data?.row.stage === "AwaitProduction" && (agent.operation === null ? IDLE_MS : MAKING_MS),
  });
  return (
    <PageFrame
      title={`${words.line} ${at.order}`}
      back={{ to: "/console/production", label: words.title }}
      beside={production.data && <ToneTag tone="ours">{stage[production.data.row.stage]}</ToneTag>}
    >
      <Loaded of={production}>
        {(view) => {
          const { row, subject, units } = view;
          const open = row.stage === "AwaitProduction";
          const isDone = units.every(isMade);
          return (
            <>
              <Panel>
                <SubjectFacts row={row} subject={subject} />
                {isDone ? (
                  <>
                    <Alert type="success" showIcon title={words.allMade} role="status" />
                    <Actions>
                      <Button
                        onClick={() => void navigate(`/console/production/${at.order}/${String(at.line)}/papers`)}
                      >
                        {make.papers}
                      </Button>
                    </Actions>
                  </>
                ) : (
                  !open && <Alert type="info" showIcon title={words.notNow} />
                )}
              </Panel>
              <LineSeals at={at} units={units} />
              {((open && !isDone) || agent.isOpen) && <Making at={at} view={view} agent={agent} />}
              <Units at={at} units={units} open={open} />
            </>
          );
        }}
      </Loaded>
    </PageFrame>
  );
}
