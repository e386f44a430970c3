import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";

import type { RecoveryState, RecoveryView } from "../../api/schema";
import { recoveryQuery } from "../../api/unbinding";
import { OrderSteps } from "../../design/OrderSteps";
import { PageFrame, Panel } from "../../design/PageFrame";
import { Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import type { Tone } from "../../design/tokens";
import { unbinding } from "../../i18n/unbinding";
import { useTexts } from "../../i18n/texts";
import { Application } from "./Application";
import { Codes } from "./Codes";
import { Papers } from "./Papers";
import { Status } from "./Status";

/** Reviewers and objections take hours: enough to look now and then. */
const RENEWAL_MS = 60_000;

const STATE_TONES: Record<RecoveryState, Tone> = {
  draft: "yours",
  submitted: "ours",
  waiting: "ours",
  done: "done",
  refused: "attention",
  objected: "over",
};

/** Which step is going on, of {@link OrderSteps}. */
function stepOf(view: RecoveryView | null): number {
  switch (view?.state) {
    case undefined:
      return 0;
    case "draft":
      return view.confirmed ? 2 : 1;
    case "submitted":
    case "refused":
      return 3;
    case "waiting":
    case "objected":
      return 4;
    case "done":
      return 6;
  }
}

/** 邮箱或手机已停用 (R30): a new contact by papers, two reviewers and a day to object. A cookie opens it again. */
export function RecoverPage() {
  const { recover: words } = useTexts(unbinding);
  const client = useQueryClient();
  const [isAnew, setAnew] = useState(false);
  const recovery = useQuery({
    ...recoveryQuery,
    refetchInterval: ({ state }) =>
      state.data?.state === "submitted" || state.data?.state === "waiting" ? RENEWAL_MS : false,
  });
  const put = (view: RecoveryView) => {
    client.setQueryData(recoveryQuery.queryKey, view);
    setAnew(false);
  };
  const shown = isAnew ? null : recovery.data;
  return (
    <PageFrame
      title={words.title}
      width="narrow"
      beside={shown && <ToneTag tone={STATE_TONES[shown.state]}>{words.state[shown.state]}</ToneTag>}
    >
      <Loaded of={recovery}>
        {(view) => (
          <>
            <OrderSteps label={words.progress} steps={words.steps} now={stepOf(isAnew ? null : view)} />
            {view === null || isAnew ? (
              <>
                <Road />
                <Application onBegun={put} />
                {view && (
                  <div>
                    <Button onClick={() => setAnew(false)}>{words.restartKeep}</Button>
                  </div>
                )}
              </>
            ) : view.state !== "draft" ? (
              <Status view={view} onAnew={() => setAnew(true)} />
            ) : view.confirmed ? (
              <Papers view={view} onChanged={put} onAnew={() => setAnew(true)} />
            ) : (
              <Codes view={view} onChanged={put} onAnew={() => setAnew(true)} />
            )}
          </>
        )}
      </Loaded>
    </PageFrame>
  );
}

function Road() {
  const { recover: words } = useTexts(unbinding);
  return (
    <>
      <p className="soft">{words.lead}</p>
      <Panel title={words.road}>
        <ol style={{ paddingLeft: 20 }}>
          {words.roadSteps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <p className="soft small">{words.noAnswer}</p>
      </Panel>
    </>
  );
}
