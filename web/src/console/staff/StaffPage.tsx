import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Popconfirm } from "antd";
import { useState } from "react";

import type { StaffList, StaffRequestList, StaffState, StaffView } from "../../api/schema";
import {
  branchesQuery,
  requestsQuery,
  resendInvite,
  resetStaff,
  resumeStaff,
  staffQuery,
  suspendStaff,
} from "../../api/staff";
import { Actions, PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Empty, Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import type { Tone } from "../../design/tokens";
import { common } from "../../i18n/common";
import { staffTexts } from "../../i18n/staff";
import { useTexts } from "../../i18n/texts";
import { InviteForm } from "./InviteForm";
import { ReasonModal } from "./ReasonModal";
import { Requests } from "./Requests";
import { type RoleChange, waits } from "./roles";
import { RolesModal } from "./RolesModal";
import css from "./staff.module.css";

const STATE_TONES: Record<StaffState, Tone> = { invited: "yours", active: "done", suspended: "over" };

/** Who works here, with which roles; what one administrator asks for another has to agree to. */
export function StaffPage() {
  const { staff: words } = useTexts(staffTexts);
  const client = useQueryClient();
  const staff = useQuery(staffQuery);
  const [isInviting, setInviting] = useState(false);
  const [notice, setNotice] = useState<string>();
  const say = (text: string) => {
    setNotice(text);
    window.scrollTo({ top: 0, behavior: "smooth" });
  };
  return (
    <PageFrame
      title={words.title}
      width="wide"
      beside={
        !isInviting && (
          <Button type="primary" onClick={() => setInviting(true)}>
            {words.invite}
          </Button>
        )
      }
    >
      {notice && <Alert key={notice} type="success" showIcon role="status" title={notice} />}
      {isInviting && (
        <InviteForm
          onCancel={() => setInviting(false)}
          onAsked={(name, requests) => {
            client.setQueryData(requestsQuery.queryKey, requests);
            setInviting(false);
            say(words.invited(name));
          }}
        />
      )}
      <Requests onNotice={say} />
      <Panel title={words.list}>
        <Loaded of={staff}>
          {({ staff: people }) =>
            people.length === 0 ? (
              <Empty text={words.empty} />
            ) : (
              <div>
                {people.map((person) => (
                  <Person key={person.id} person={person} onNotice={say} />
                ))}
              </div>
            )
          }
        </Loaded>
      </Panel>
    </PageFrame>
  );
}

type Doing = "roles" | "suspend" | "resume" | "reset";

function Person({ person, onNotice }: { person: StaffView; onNotice: (notice: string) => void }) {
  const texts = useTexts(common);
  const { staff: words } = useTexts(staffTexts);
  const { day } = useTimes();
  const client = useQueryClient();
  const branches = useQuery({ ...branchesQuery, enabled: Boolean(person.branch) });
  const [doing, setDoing] = useState<Doing>();
  const close = () => setDoing(undefined);
  const putStaff = (list: StaffList) => {
    client.setQueryData(staffQuery.queryKey, list);
    close();
  };
  const putRequests = (list: StaffRequestList) => {
    client.setQueryData(requestsQuery.queryKey, list);
    close();
    onNotice(words.asked(person.name));
  };
  const resend = useMutation({
    mutationFn: () => resendInvite(person.id),
    onSuccess: () => onNotice(words.resent(person.name)),
  });
  const changed = (list: StaffList, change: RoleChange) => {
    putStaff(list);
    void client.invalidateQueries({ queryKey: requestsQuery.queryKey });
    onNotice((waits(change) ? words.asked : words.changed)(person.name));
  };
  const { state, name } = person;
  const branch = branches.data?.branches.find(({ id }) => id === person.branch);
  const button = (label: string, what: Doing, danger = false) => (
    <Button size="small" danger={danger} aria-label={`${label}: ${name}`} onClick={() => setDoing(what)}>
      {label}
    </Button>
  );
  return (
    <article className={css.item} aria-label={name}>
      <div className={css.head}>
        <strong>{name}</strong>
        {person.you && <span className="soft small">({words.you})</span>}
        <ToneTag tone={STATE_TONES[state]}>{words.state[state]}</ToneTag>
      </div>
      <p>
        {person.roles.map((role) => texts.role[role]).join(texts.list) || words.noRoles}
        {branch && <span className="soft"> · {words.branch(branch.name)}</span>}
      </p>
      <p className="soft small">
        {person.mail} · {words.since(day(person.created_at))}
      </p>
      {person.you ? (
        <p className="soft small">{words.youNote}</p>
      ) : (
        <Actions>
          {state !== "suspended" && button(words.change, "roles")}
          {state === "invited" && (
            <Popconfirm
              title={words.resendSure}
              okText={texts.sure}
              cancelText={texts.notSure}
              onConfirm={() => resend.mutate()}
              styles={{ root: { maxWidth: 340 } }}
            >
              <Button size="small" loading={resend.isPending} aria-label={`${words.resend}: ${name}`}>
                {words.resend}
              </Button>
            </Popconfirm>
          )}
          {state === "active" && button(words.reset, "reset")}
          {state === "suspended" ? button(words.resume, "resume") : button(words.suspend, "suspend", true)}
        </Actions>
      )}
      <ProblemAlert error={resend.error} />
      {doing === "roles" && <RolesModal person={person} onClose={close} onChanged={changed} />}
      {doing === "suspend" && (
        <ReasonModal
          title={words.suspendOf(name)}
          note={words.suspendNote}
          okText={words.suspend}
          danger
          onClose={close}
          onSubmit={async (reason) => {
            putStaff(await suspendStaff(person.id, reason));
            onNotice(words.suspended(name));
          }}
        />
      )}
      {doing === "resume" && (
        <ReasonModal
          title={words.resumeOf(name)}
          note={words.resumeNote}
          okText={words.resume}
          onClose={close}
          onSubmit={async (reason) => putRequests(await resumeStaff(person.id, reason))}
        />
      )}
      {doing === "reset" && (
        <ReasonModal
          title={words.resetOf(name)}
          note={words.resetNote}
          okText={words.reset}
          onClose={close}
          onSubmit={async (reason) => putRequests(await resetStaff(person.id, reason))}
        />
      )}
    </article>
  );
}
