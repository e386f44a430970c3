import { Alert, Button } from "antd";
import { useNavigate } from "react-router";

import type { RecoveryState, RecoveryView } from "../../api/schema";
import { Actions, Facts, Panel } from "../../design/PageFrame";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { unbinding } from "../../i18n/unbinding";
import { useTexts } from "../../i18n/texts";
import css from "./recover.module.css";

const KINDS: Record<RecoveryState, "info" | "success" | "error" | "warning"> = {
  draft: "info",
  submitted: "info",
  waiting: "info",
  done: "success",
  refused: "error",
  objected: "warning",
};

/** What has become of an application. */
export function Status({ view, onAnew }: { view: RecoveryView; onAnew: () => void }) {
  const texts = useTexts(common);
  const { recover: words, toLogin } = useTexts(unbinding);
  const { time } = useTimes();
  const navigate = useNavigate();
  const { contact } = view;
  return (
    <>
      <Alert
        type={KINDS[view.state]}
        showIcon
        role="status"
        title={words.state[view.state]}
        description={
          <div className={css.words}>
            <p>{words.stateWords[view.state]}</p>
            {view.state === "waiting" && view.object_until && (
              <p className="num">{words.until(time(view.object_until))}</p>
            )}
            {view.state === "refused" && view.refused_because && (
              <p>
                {words.reason}: {view.refused_because}
              </p>
            )}
          </div>
        }
      />
      {view.state === "done" && (
        <Panel>
          <ol className={css.consent}>
            {words.afterDone.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          <Actions>
            <Button type="primary" size="large" onClick={() => void navigate("/login")}>
              {toLogin}
            </Button>
          </Actions>
        </Panel>
      )}
      <Panel title={words.status}>
        <Facts
          facts={[
            [words.number, <span className="mono">{view.id}</span>],
            [texts.subject.company, view.company_name],
            [texts.subject.creditCode, <span className="num">{view.credit_code}</span>],
            [
              words.newContact,
              <span className="num">{[contact.name, contact.mobile, contact.mail].join(texts.list)}</span>,
            ],
            [words.createdAt, <span className="num">{time(view.created_at)}</span>],
            ...(view.submitted_at
              ? ([[words.submittedAt, <span className="num">{time(view.submitted_at)}</span>]] as const)
              : []),
          ]}
        />
        {(view.state === "refused" || view.state === "objected" || view.state === "done") && (
          <Actions>
            <Button type={view.state === "refused" ? "primary" : "default"} onClick={onAnew}>
              {words.anew}
            </Button>
          </Actions>
        )}
      </Panel>
    </>
  );
}
