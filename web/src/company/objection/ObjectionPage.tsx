import { skipToken, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { Link } from "react-router";

import { hasCode } from "../../api/errors";
import { SESSION } from "../../api/query";
import type { ObjectionView } from "../../api/schema";
import { confirmObjection, showObjection } from "../../api/unbinding";
import { useLinkToken } from "../../design/link-token";
import { Actions, Facts, PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded } from "../../design/Standing";
import { useTimes } from "../../design/time";
import { unbinding } from "../../i18n/unbinding";
import { useTexts } from "../../i18n/texts";

/** "This was not us" (R30): what the link in a notice opens. */
export function ObjectionPage() {
  const { objection: words } = useTexts(unbinding);
  const token = useLinkToken();
  // A POST, as the token belongs into no address; it changes nothing.
  const view = useQuery({
    queryKey: ["objection", token],
    queryFn: token === undefined ? skipToken : () => showObjection(token),
    staleTime: Infinity,
    gcTime: 0,
  });
  return (
    <PageFrame title={words.title} width="narrow">
      {token === undefined ? (
        <Alert type="info" showIcon title={words.none} description={words.noneText} />
      ) : hasCode(view.error, "link_expired", "not_found") ? (
        <Expired />
      ) : (
        <Loaded of={view}>{(known) => <Objection key={token} token={token} view={known} />}</Loaded>
      )}
    </PageFrame>
  );
}

function Expired() {
  const { objection: words } = useTexts(unbinding);
  return <Alert type="warning" showIcon title={words.expired} description={words.expiredText} />;
}

function Objection({ token, view }: { token: string; view: ObjectionView }) {
  const { objection: words } = useTexts(unbinding);
  const { time } = useTimes();
  const client = useQueryClient();
  const stop = useMutation({
    mutationFn: () => confirmObjection(token),
    // Sessions of the company have ended; look again who is logged in here.
    onSuccess: () => void client.invalidateQueries({ queryKey: SESSION }),
  });
  if (stop.isSuccess) {
    return (
      <>
        <Alert type="success" showIcon role="status" title={words.done} description={words.doneWords[view.kind]} />
        <Panel>
          <p>{words.after}</p>
          <Link to="/forgot">{words.toForgot}</Link>
        </Panel>
      </>
    );
  }
  if (hasCode(stop.error, "link_expired")) {
    return <Expired />;
  }
  return (
    <Panel>
      <p>{words.words[view.kind]}</p>
      <Facts
        facts={[
          [words.company, <strong>{view.company_name}</strong>],
          [words.about, words.kind[view.kind]],
          [words.until, <span className="num">{time(view.expires_at)}</span>],
        ]}
      />
      <ProblemAlert error={stop.error} />
      <Actions>
        <Button type="primary" danger size="large" loading={stop.isPending} onClick={() => stop.mutate()}>
          {words.stop}
        </Button>
      </Actions>
      <p className="soft small">{words.ours}</p>
    </Panel>
  );
}
