import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Image, Popconfirm } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";

import { approveReview, type At, claimReview, rejectReview, releaseReview, reviewQuery } from "../../api/console";
import { hasCode } from "../../api/errors";
import type { RejectRequest, ReviewCredit, ReviewPaper, ReviewView, SealChoice } from "../../api/schema";
import { dropDraft } from "../../design/draft";
import { History, Refusals } from "../../design/History";
import { Money } from "../../design/Money";
import { Actions, Facts, PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { consoleTexts } from "../../i18n/console";
import { orderTexts } from "../../i18n/order";
import { sealTexts } from "../../i18n/seals";
import { useTexts } from "../../i18n/texts";
import { useAt } from "../shell/at";
import type { QueueNotice } from "../shell/QueuePage";
import { SubjectFacts } from "../shell/SubjectFacts";
import { choicesOf, NO_EDITS } from "./choices";
import { rejectDraft, RejectForm } from "./RejectForm";
import css from "./review.module.css";
import { Stamps } from "./Stamps";

/** One line before a reviewer: the papers beside the data, and the decision. */
export function ReviewPage() {
  const at = useAt();
  const { review: words, stage } = useTexts(consoleTexts);
  const review = useQuery(reviewQuery(at));
  return (
    <PageFrame
      title={`${words.line} ${at.order}`}
      width="wide"
      back={{ to: "/console/review", label: words.title }}
      beside={review.data && <ToneTag tone="ours">{stage[review.data.row.stage]}</ToneTag>}
    >
      <Loaded of={review}>{(view) => <Review at={at} view={view} />}</Loaded>
    </PageFrame>
  );
}

function Review({ at, view }: { at: At; view: ReviewView }) {
  const texts = useTexts(common);
  const { history } = useTexts(orderTexts);
  const { review: words } = useTexts(consoleTexts);
  const [edits, setEdits] = useState(NO_EDITS);
  const mine = view.row.stage === "AwaitReview" && view.row.mine;
  return (
    <div className={css.columns}>
      <div className="stack">
        <Panel title={words.papers}>
          <Image.PreviewGroup>
            {view.papers.map((paper, place) => (
              <Paper key={`${paper.kind}-${String(place)}`} paper={paper} />
            ))}
          </Image.PreviewGroup>
        </Panel>
        {view.seals && <Stamps seals={view.seals} edits={edits} onEdit={mine ? setEdits : undefined} />}
      </div>
      <div className={css.side}>
        <Panel title={words.data}>
          <SubjectFacts
            row={view.row}
            subject={view.subject}
            more={
              view.basic
                ? [
                    [texts.basic.legalRepresentative, <strong>{view.basic.legal_representative}</strong>],
                    [texts.basic.agentName, <strong>{view.basic.agent_name}</strong>],
                    [texts.basic.agentMobile, <strong className="num">{view.basic.agent_mobile}</strong>],
                  ]
                : []
            }
          />
          {view.refusals.length > 0 && (
            <div>
              <h3>{words.before}</h3>
              <Refusals refusals={view.refusals} />
            </div>
          )}
        </Panel>
        {view.credit && <OldKey of={view.credit} />}
        <Panel title={words.decision}>
          <Decision at={at} view={view} seals={choicesOf(view.seals, edits)} />
        </Panel>
        <Panel title={history}>
          <History events={view.history} lines={2} />
        </Panel>
      </div>
    </div>
  );
}

function Paper({ paper }: { paper: ReviewPaper }) {
  const texts = useTexts(common);
  const { review: words } = useTexts(consoleTexts);
  const { time } = useTimes();
  const name = texts.paper[paper.kind];
  return (
    <article className={css.paper} aria-label={name}>
      <div className={css.paperHead}>
        <h3>{name}</h3>
        <span className="soft small">
          {paper.file_name} · {words.uploadedAt(time(paper.uploaded_at))}
        </span>
      </div>
      {paper.pages.length === 0 ? (
        <p className="soft">{words.noPages}</p>
      ) : (
        <div className={css.pages}>
          {paper.pages.map((page, place) => (
            <Image key={page} src={page} alt={words.page(name, place + 1)} className={css.page} />
          ))}
        </div>
      )}
    </article>
  );
}

/** What the time left on the old key took off the price, and of which key. */
function OldKey({ of: { serial, credit } }: { of: ReviewCredit }) {
  const { credit: words } = useTexts(consoleTexts).review;
  const { day } = useTimes();
  return (
    <Panel title={words.title}>
      <Facts
        facts={[
          [words.key, <strong className="num">{serial}</strong>],
          [words.until, day(credit.not_after)],
          [words.carried, words.months(credit.months_carried)],
          [words.amount, <Money money={credit.amount} />],
        ]}
      />
      {credit.without_pin && <Alert type="warning" showIcon title={words.unproved} />}
    </Panel>
  );
}

interface DecisionProps {
  at: At;
  view: ReviewView;
  /** The stamps for the keys; none while a key lacks one. */
  seals: SealChoice[] | undefined;
}

function Decision({ at, view, seals }: DecisionProps) {
  const texts = useTexts(common);
  const { review: words } = useTexts(consoleTexts);
  const { missing } = useTexts(sealTexts);
  const client = useQueryClient();
  const navigate = useNavigate();
  const [rejecting, setRejecting] = useState(false);
  const [confirmed, setConfirmed] = useState(false);
  const lookAgain = () => void client.invalidateQueries({ queryKey: reviewQuery(at).queryKey });
  // A queue that was looked at before is of no use any more.
  const leave = (notice: string) => {
    void client.invalidateQueries({ queryKey: ["console", "reviews"], refetchType: "none" });
    void navigate("/console/review", { state: { notice } satisfies QueueNotice });
  };
  const onError = (error: unknown) => {
    if (hasCode(error, "claimed_by_other", "changed_meanwhile", "not_in_this_state")) {
      lookAgain();
    }
  };
  const claim = useMutation({
    mutationFn: () => claimReview(at),
    onSuccess: (next) => client.setQueryData(reviewQuery(at).queryKey, next),
    onError,
  });
  const release = useMutation({
    mutationFn: () => releaseReview(at),
    onSuccess: () => leave(words.released(at.order)),
    onError,
  });
  const approve = useMutation({
    mutationFn: (chosen: SealChoice[]) =>
      approveReview(at, { seals: chosen, ...(confirmed && { credit_confirmed: true }) }),
    onSuccess: () => leave(words.approved(at.order)),
    onError,
  });
  const reject = useMutation({
    mutationFn: (request: RejectRequest) => rejectReview(at, request),
    onSuccess: () => {
      dropDraft(rejectDraft(at));
      leave(words.rejected(at.order));
    },
    onError,
  });
  const problem = <ProblemAlert error={claim.error ?? release.error ?? approve.error ?? reject.error} />;
  const { row } = view;
  if (row.stage !== "AwaitReview") {
    return <Alert type="info" showIcon title={words.notNow} />;
  }
  if (row.claimed && !row.mine) {
    return (
      <>
        <Alert type="warning" showIcon title={words.byOther} />
        {problem}
      </>
    );
  }
  if (!row.mine) {
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
    const kinds = [...new Set(view.papers.map((paper) => paper.kind))];
    return (
      <>
        <RejectForm
          at={at}
          kinds={kinds}
          busy={reject.isPending}
          onReject={(request) => reject.mutate(request)}
          onCancel={() => setRejecting(false)}
        />
        {problem}
      </>
    );
  }
  const unconfirmed = view.credit?.credit.without_pin === true && !confirmed;
  const held = seals === undefined || unconfirmed;
  return (
    <>
      {problem}
      {view.credit?.credit.without_pin && (
        <Checkbox checked={confirmed} onChange={(event) => setConfirmed(event.target.checked)}>
          {words.credit.confirm}
        </Checkbox>
      )}
      {unconfirmed && <p className="soft small">{words.credit.missing}</p>}
      {seals === undefined && <p className="soft small">{missing}</p>}
      <Actions>
        <Popconfirm
          title={words.approveSure}
          disabled={held}
          okText={texts.sure}
          cancelText={texts.notSure}
          onConfirm={() => approve.mutate(seals ?? [])}
          styles={{ root: { maxWidth: 340 } }}
        >
          <Button type="primary" size="large" loading={approve.isPending} disabled={held}>
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
