import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Popconfirm } from "antd";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import {
  approveQualification,
  claimQualification,
  qualificationQuery,
  rejectQualification,
  releaseQualification,
  showIdNumber,
} from "../../api/desk";
import { hasCode } from "../../api/errors";
import type { QualificationDetail, QualificationRefusal, RivalView } from "../../api/schema";
import { dropDraft, readDraft } from "../../design/draft";
import { QUALIFICATION_TONES } from "../../design/file-words";
import { FileHistory } from "../../design/FileHistory";
import { Actions, Facts, PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { deskTexts } from "../../i18n/desk";
import { record } from "../../i18n/file";
import { useTexts } from "../../i18n/texts";
import review from "../review/review.module.css";
import type { QueueNotice } from "../shell/QueuePage";
import css from "./desk.module.css";
import { PaperImages } from "./PaperImages";
import { sendBackDraft, SendBackForm } from "./SendBackForm";

/** One company before a reviewer: its papers beside its data, and the decision (R2, R3). */
export function CompanyReviewPage() {
  const { company = "" } = useParams();
  const { companies: words } = useTexts(deskTexts);
  const { state } = useTexts(record);
  const detail = useQuery(qualificationQuery(company));
  const standing = detail.data?.state;
  return (
    <PageFrame
      title={detail.data?.name ?? words.title}
      width="wide"
      back={{ to: "/console/companies", label: words.title }}
      beside={standing && <ToneTag tone={QUALIFICATION_TONES[standing]}>{state[standing]}</ToneTag>}
    >
      <Loaded of={detail}>{(view) => <Review view={view} />}</Loaded>
    </PageFrame>
  );
}

function Review({ view }: { view: QualificationDetail }) {
  const texts = useTexts(common);
  const { companies: words } = useTexts(deskTexts);
  const { field, item } = useTexts(record);
  const { time } = useTimes();
  const given = (value: string) => (value ? <strong>{value}</strong> : <span className="soft">{words.notGiven}</span>);
  return (
    <div className={review.columns}>
      <Panel title={words.papers}>
        <PaperImages papers={view.papers} />
      </Panel>
      <div className={review.side}>
        <Panel title={words.data}>
          <Facts
            facts={[
              [field.basics.name, given(view.name)],
              [field.basics.credit_code, <strong className="num">{view.credit_code}</strong>],
              [field.basics.legal_representative, given(view.legal_representative)],
              [field.basics.legal_representative_id, <IdNumber view={view} />],
              [field.basics.registered_address, view.registered_address || words.notGiven],
              [words.contact, [view.contact.name, view.contact.mobile, view.contact.mail].filter(Boolean).join(" · ")],
              [words.storefront, words.storefronts[view.storefront] ?? view.storefront],
              ...(view.submitted_at ? ([[words.submittedAt, time(view.submitted_at)]] as const) : []),
            ]}
          />
          {view.refusals.length > 0 && (
            <div>
              <h3>{words.before}</h3>
              <ul style={{ paddingLeft: 20 }}>
                {view.refusals.map((refusal) => (
                  <li key={refusal.item}>
                    {item[refusal.item]}: {texts.refusal[refusal.reason]}
                    {refusal.note ? ` (${refusal.note})` : ""}
                  </li>
                ))}
              </ul>
            </div>
          )}
        </Panel>
        <Panel title={words.rivals}>
          <Rivals view={view} />
        </Panel>
        <Panel title={words.decision}>
          <Decision view={view} />
        </Panel>
        <Panel title={words.history}>
          <FileHistory events={view.history} />
        </Panel>
      </div>
    </div>
  );
}

/** Masked; in full only to the reviewer in charge, and noted each time. */
function IdNumber({ view }: { view: QualificationDetail }) {
  const texts = useTexts(common);
  const { companies: words } = useTexts(deskTexts);
  const client = useQueryClient();
  const show = useMutation({
    mutationFn: () => showIdNumber(view.company),
    // It leaves the memory of the page with what shows it.
    gcTime: 0,
    onSuccess: () => void client.invalidateQueries({ queryKey: qualificationQuery(view.company).queryKey }),
  });
  if (!view.legal_representative_id) {
    return <span className="soft">{words.notGiven}</span>;
  }
  const full = show.data?.id_number;
  return (
    <div>
      <strong className="num">{full ?? view.legal_representative_id}</strong>{" "}
      {view.mine &&
        (full === undefined ? (
          <>
            <Popconfirm
              title={words.idNumberSure}
              okText={texts.sure}
              cancelText={texts.notSure}
              onConfirm={() => show.mutate()}
              styles={{ root: { maxWidth: 340 } }}
            >
              <Button size="small" loading={show.isPending}>
                {words.idNumber}
              </Button>
            </Popconfirm>
            <p className="soft small">{words.idNumberNote}</p>
          </>
        ) : (
          <Button size="small" onClick={() => show.reset()}>
            {words.idNumberHide}
          </Button>
        ))}
      <ProblemAlert error={show.error} />
    </div>
  );
}

function Rivals({ view }: { view: QualificationDetail }) {
  const { companies: words } = useTexts(deskTexts);
  const { state } = useTexts(record);
  const { time } = useTimes();
  if (view.rivals.length === 0) {
    return <p className="soft">{words.rivalsNone}</p>;
  }
  return (
    <>
      {isOwned(view) && <Alert type="error" showIcon title={words.owned} />}
      <ul className={css.list}>
        {view.rivals.map((rival) => (
          <li key={rival.company}>
            <strong>{rival.name}</strong> <span className="num">{rival.credit_code}</span>
            <div className={css.tags}>
              {rival.name === view.name && <ToneTag tone="yours">{words.sameName}</ToneTag>}
              {rival.credit_code === view.credit_code && <ToneTag tone="yours">{words.sameCode}</ToneTag>}
              <ToneTag tone={QUALIFICATION_TONES[rival.state]}>{state[rival.state]}</ToneTag>
              <span className="soft small">{words.rivalSince(time(rival.created_at))}</span>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

/** An approved record keeps its name and its code; an unapproved one loses them. */
const isTaken = (rival: RivalView) => rival.state === "approved";
const isOwned = (view: QualificationDetail) => view.rivals.some(isTaken);

function Decision({ view }: { view: QualificationDetail }) {
  const texts = useTexts(common);
  const { companies: words } = useTexts(deskTexts);
  const client = useQueryClient();
  const navigate = useNavigate();
  const { company } = view;
  const { queryKey } = qualificationQuery(company);
  const [rejecting, setRejecting] = useState(
    () => Object.keys(readDraft<{ entries: object }>(sendBackDraft(company), { entries: {} }).entries).length > 0,
  );
  // A queue that was looked at before is of no use any more.
  const leave = (notice: string) => {
    void client.invalidateQueries({ queryKey: ["console", "qualifications"], refetchType: "none" });
    void navigate("/console/companies", { state: { notice } satisfies QueueNotice });
  };
  const onError = (error: unknown) => {
    if (hasCode(error, "claimed_by_other", "changed_meanwhile", "not_in_this_state", "name_owned")) {
      void client.invalidateQueries({ queryKey });
    }
  };
  const claim = useMutation({
    mutationFn: () => claimQualification(company),
    onSuccess: (next) => client.setQueryData(queryKey, next),
    onError,
  });
  const release = useMutation({
    mutationFn: () => releaseQualification(company),
    onSuccess: () => leave(words.released(view.name)),
    onError,
  });
  const approve = useMutation({
    mutationFn: () => approveQualification(company, { version: view.version }),
    onSuccess: () => leave(words.approved(view.name)),
    onError,
  });
  const reject = useMutation({
    mutationFn: (refusals: QualificationRefusal[]) => rejectQualification(company, { version: view.version, refusals }),
    onSuccess: () => {
      dropDraft(sendBackDraft(company));
      leave(words.rejected(view.name));
    },
    onError,
  });
  const error = claim.error ?? release.error ?? approve.error ?? reject.error;
  const problem = hasCode(error, "changed_meanwhile") ? (
    <Alert type="warning" showIcon role="alert" title={words.changed} />
  ) : (
    <ProblemAlert error={error} />
  );
  if (view.state !== "submitted") {
    return (
      <>
        <Alert type="info" showIcon title={words.notNow} />
        {problem}
      </>
    );
  }
  if (view.claimed && !view.mine) {
    return (
      <>
        <Alert type="warning" showIcon title={words.byOther} />
        {problem}
      </>
    );
  }
  if (!view.mine) {
    return (
      <>
        <p className="soft small">{words.claimNote}</p>
        {problem}
        <Actions>
          <Button type="primary" size="large" loading={claim.isPending} onClick={() => claim.mutate()}>
            {words.claim}
          </Button>
        </Actions>
      </>
    );
  }
  if (rejecting) {
    return (
      <>
        <SendBackForm
          company={company}
          busy={reject.isPending}
          onSend={(refusals) => {
            approve.reset();
            reject.mutate(refusals);
          }}
          onCancel={() => {
            dropDraft(sendBackDraft(company));
            setRejecting(false);
          }}
        />
        {problem}
      </>
    );
  }
  const loses = view.rivals
    .filter((rival) => !isTaken(rival))
    .map(({ name, credit_code: code }) => `${name} (${code})`);
  return (
    <>
      {problem}
      <Actions>
        <Popconfirm
          title={words.approveSure}
          description={
            <>
              <p>{words.approveOwns}</p>
              {loses.length > 0 && <p>{words.approveTakes(loses.join(texts.list))}</p>}
            </>
          }
          okText={texts.sure}
          cancelText={texts.notSure}
          disabled={isOwned(view)}
          onConfirm={() => approve.mutate()}
          styles={{ root: { maxWidth: 380 } }}
        >
          <Button type="primary" size="large" loading={approve.isPending} disabled={isOwned(view)}>
            {words.approve}
          </Button>
        </Popconfirm>
        <Button size="large" danger onClick={() => setRejecting(true)}>
          {words.reject}
        </Button>
        <Button type="text" loading={release.isPending} onClick={() => release.mutate()}>
          {words.release}
        </Button>
      </Actions>
    </>
  );
}
