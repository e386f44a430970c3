import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";

import { ApiError, isPassing } from "../../api/errors";
import { enterByKey } from "../../api/keys";
import { SESSION } from "../../api/query";
import { useLinkToken } from "../../design/link-token";
import { Actions, PageFrame } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loading } from "../../design/Standing";
import { common } from "../../i18n/common";
import { keyUse } from "../../i18n/key-use";
import { useTexts } from "../../i18n/texts";
import { storefrontOf } from "../storefronts";

/** What the agent writes behind the `#`: the operation and a code that works once. */
const FRAGMENT = /^([A-Za-z0-9_]+)\.([A-Za-z0-9_-]+)$/;

/** `/login/key`: where the agent's window comes back to. The session is made here, in the browser that began. */
export function KeyLoginPage() {
  const { enter: words } = useTexts(keyUse);
  const found = FRAGMENT.exec(useLinkToken() ?? "");
  return (
    <PageFrame title={words.title} width="narrow">
      {found?.[1] && found[2] ? (
        <Entering key={found[0]} operation={found[1]} code={found[2]} />
      ) : (
        <>
          <Alert type="info" showIcon title={words.none} description={words.noneText} />
          <Again />
        </>
      )}
    </PageFrame>
  );
}

function Entering({ operation, code }: { operation: string; code: string }) {
  const { enter: words } = useTexts(keyUse);
  const { problem } = useTexts(common);
  const client = useQueryClient();
  const navigate = useNavigate();
  // Not from the cache of an earlier visit: each mounting is one try.
  const [asked] = useState(Date.now);
  const entered = useQuery({
    queryKey: ["key-login", "enter", asked],
    queryFn: async () => {
      const view = await enterByKey(operation, code);
      // An answer that is on its way knows nothing of this session yet.
      await client.cancelQueries({ queryKey: SESSION });
      return view;
    },
    staleTime: Infinity,
    gcTime: 0,
    // The code works once.
    retry: false,
  });
  const session = entered.data;
  useEffect(() => {
    if (session) {
      // Nothing that somebody else saw in this tab stays. What is shown now is left, for it would ask a second time.
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] && queryKey[0] !== "key-login" });
      client.setQueryData(SESSION, session);
      void navigate(storefrontOf(session.storefront).home, { replace: true });
    }
  }, [session, client, navigate]);
  const { error } = entered;
  if (!error) {
    return (
      <>
        <p role="status">{words.working}</p>
        <Loading />
      </>
    );
  }
  if (!(error instanceof ApiError) || isPassing(error)) {
    return (
      <>
        <ProblemAlert error={error} onRetry={() => void entered.refetch()} />
        <Again />
      </>
    );
  }
  // Why exactly is nothing that one could act on: another browser, too late, used before.
  return (
    <>
      <Alert
        type="error"
        showIcon
        role="alert"
        title={words.refused}
        description={
          <div className="stack">
            <p>{words.refusedText}</p>
            <p>{words.stranger}</p>
            <p className="small soft">
              {problem.requestId} <span className="mono">{error.problem.requestId}</span>
            </p>
          </div>
        }
      />
      <Again />
    </>
  );
}

function Again() {
  const { enter: words } = useTexts(keyUse);
  const navigate = useNavigate();
  return (
    <Actions>
      <Button type="primary" size="large" onClick={() => void navigate("/login?by=key")}>
        {words.again}
      </Button>
    </Actions>
  );
}
