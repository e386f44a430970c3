import { useQuery } from "@tanstack/react-query";
import { Alert } from "antd";

import { productionQuery } from "../../api/console";
import { PageFrame, Panel } from "../../design/PageFrame";
import { Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { consoleTexts } from "../../i18n/console";
import { useTexts } from "../../i18n/texts";
import { useAt } from "../shell/at";
import { SubjectFacts } from "../shell/SubjectFacts";
import { UnitCard } from "./UnitCard";

/** The keys of one line before a maker: request in, certificate out, serial number noted. */
export function ProductionPage() {
  const at = useAt();
  const { production: words, stage } = useTexts(consoleTexts);
  const production = useQuery(productionQuery(at));
  return (
    <PageFrame
      title={`${words.line} ${at.order}`}
      back={{ to: "/console/production", label: words.title }}
      beside={production.data && <ToneTag tone="ours">{stage[production.data.row.stage]}</ToneTag>}
    >
      <Loaded of={production}>
        {({ row, subject, units }) => {
          const made = units.filter((unit) => unit.state === "made" || unit.state === "handed_over").length;
          const open = row.stage === "AwaitProduction";
          return (
            <>
              <Panel beside={<strong className="num">{words.progress(made, units.length)}</strong>}>
                <SubjectFacts row={row} subject={subject} />
                {open && <p className="soft small">{words.subjectNote}</p>}
                {made === units.length ? (
                  <Alert type="success" showIcon title={words.allMade} role="status" />
                ) : (
                  !open && <Alert type="info" showIcon title={words.notNow} />
                )}
              </Panel>
              {units.map((unit) => (
                <UnitCard key={unit.no} at={at} unit={unit} open={open} />
              ))}
            </>
          );
        }}
      </Loaded>
    </PageFrame>
  );
}
