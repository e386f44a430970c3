import { Alert, Button } from "antd";
import { Link } from "react-router";

import { HERE, START } from "../../agent/Following";
import { Actions, PageFrame, Panel } from "../../design/PageFrame";
import { agentTexts } from "../../i18n/agent";
import { useTexts } from "../../i18n/texts";
import css from "./agent.module.css";

/** 密钥助手: how it gets onto a computer, and what to do when it does not answer. */
export function AgentHelpPage() {
  const { help: words } = useTexts(agentTexts);
  return (
    <PageFrame title={words.title} width="narrow">
      <p>{words.lead}</p>
      <Panel title={words.install}>
        <Steps of={words.steps} />
        <Actions>
          <Button href={START}>{words.start}</Button>
          <Button href={HERE} target="_blank" rel="noopener noreferrer">
            {words.check}
          </Button>
        </Actions>
      </Panel>
      <Panel title={words.use}>
        <Steps of={words.useSteps} />
        <Link to="/keys">{words.toKeys}</Link>
      </Panel>
      <Panel title={words.silent}>
        <ul className={css.list}>
          {words.silentSteps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ul>
      </Panel>
      <Alert type="warning" showIcon title={words.safe} description={words.safeText(HERE)} />
    </PageFrame>
  );
}

function Steps({ of: steps }: { of: readonly string[] }) {
  return (
    <ol className={css.list}>
      {steps.map((step) => (
        <li key={step}>{step}</li>
      ))}
    </ol>
  );
}
