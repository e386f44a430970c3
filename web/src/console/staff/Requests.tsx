import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Popconfirm } from "antd";
import { useState } from "react";

import { hasCode } from "../../api/errors";
import type { Role, StaffRequestList, StaffRequestState, StaffRequestView } from "../../api/schema";
import { approveRequest, declineRequest, requestsQuery, staffQuery } from "../../api/staff";
import { Actions, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import type { Tone } from "../../design/tokens";
import { common } from "../../i18n/common";
import { staffTexts } from "../../i18n/staff";
import { useTexts } from "../../i18n/texts";
import { ReasonModal } from "./ReasonModal";
import css from "./staff.module.css";

const STATE_TONES: Record<StaffRequestState, Tone> = { open: "yours", approved: "done", declined: "over" };

/** In words: what is asked for. */
function useWhat(): (request: StaffRequestView) => string {
  const { role, list } = useTexts(common);
  const { requests: words, staff } = useTexts(staffTexts);
  const roles = (all: readonly Role[]) => all.map((one) => role[one]).join(list) || staff.noRoles;
  return ({ change, about }) => {
    switch (change.kind) {
      case "invite":
        return words.invite(`${change.name} (${change.mail})`, roles(change.roles));
      case "grant":
        return words.grant(about, roles(change.roles));
      case "reset_second_factor":
        return words.reset(about);
      case "resume":
        return words.resume(about);
    }
  };
}

/** What waits for a second administrator, and what was decided lately. */
export function Requests({ onNotice }: { onNotice: (notice: string) => void }) {
  const { requests: words } = useTexts(staffTexts);
  const requests = useQuery(requestsQuery);
  return (
    <Panel title={words.title}>
      <Loaded of={requests}>
        {(list) => {
          const open = list.requests.filter(({ state }) => state === "open");
          const decided = list.requests.filter(({ state }) => state !== "open");
          return (
            <>
              {open.length === 0 && <p className="soft">{words.empty}</p>}
              {open.length > 0 && (
                <div>
                  {open.map((request) => (
                    <Request key={request.id} request={request} onNotice={onNotice} />
                  ))}
                </div>
              )}
              {decided.length > 0 && (
                <details className={css.decided}>
                  <summary>{words.recent}</summary>
                  {decided.map((request) => (
                    <Request key={request.id} request={request} onNotice={onNotice} />
                  ))}
                </details>
              )}
            </>
          );
        }}
      </Loaded>
    </Panel>
  );
}

function Request({ request, onNotice }: { request: StaffRequestView; onNotice: (notice: string) => void }) {
  const texts = useTexts(common);
  const { requests: words } = useTexts(staffTexts);
  const { time } = useTimes();
  const what = useWhat()(request);
  const client = useQueryClient();
  const [isDeclining, setDeclining] = useState(false);
  const put = (list: StaffRequestList, notice: string) => {
    client.setQueryData(requestsQuery.queryKey, list);
    void client.invalidateQueries({ queryKey: staffQuery.queryKey });
    onNotice(notice);
  };
  const approve = useMutation({
    mutationFn: () => approveRequest(request.id),
    onSuccess: (list) => put(list, words.approved),
    onError: (error) => {
      if (hasCode(error, "not_in_this_state", "changed_meanwhile", "not_found")) {
        void client.invalidateQueries({ queryKey: requestsQuery.queryKey });
      }
    },
  });
  return (
    <article className={css.item} aria-label={what}>
      <div className={css.head}>
        <strong>{what}</strong>
        <ToneTag tone={STATE_TONES[request.state]}>{words.state[request.state]}</ToneTag>
      </div>
      <p>{words.reason(request.reason)}</p>
      <p className="soft small">
        {words.asked(request.asked_by, time(request.asked_at))}
        {request.decided_by && request.decided_at && (
          <>
            <br />
            {words.decided(request.decided_by, time(request.decided_at))}
          </>
        )}
      </p>
      {request.state === "open" &&
        (request.mine ? (
          <p className={css.second}>{words.mine}</p>
        ) : (
          <Actions>
            <Popconfirm
              title={words.approveSure}
              okText={texts.sure}
              cancelText={texts.notSure}
              onConfirm={() => approve.mutate()}
              styles={{ root: { maxWidth: 340 } }}
            >
              <Button type="primary" loading={approve.isPending} aria-label={`${words.approve}: ${what}`}>
                {words.approve}
              </Button>
            </Popconfirm>
            <Button danger aria-label={`${words.decline}: ${what}`} onClick={() => setDeclining(true)}>
              {words.decline}
            </Button>
          </Actions>
        ))}
      <ProblemAlert error={approve.error} />
      {isDeclining && (
        <ReasonModal
          title={words.declineTitle}
          note={what}
          okText={words.decline}
          danger
          onClose={() => setDeclining(false)}
          onSubmit={async (reason) => {
            const list = await declineRequest(request.id, reason);
            setDeclining(false);
            put(list, words.declined);
          }}
        />
      )}
    </article>
  );
}
