import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useState } from "react";
import { Link } from "react-router";

import { hasCode } from "../../api/errors";
import { announceCompanyPaper, FILE, fileQuery, submitQualification } from "../../api/file";
import { SESSION } from "../../api/query";
import type { CompanyFile, CompanyPaperKind, QualificationItem, QualificationRefusal } from "../../api/schema";
import { QUALIFICATION_TONES } from "../../design/file-words";
import { Facts, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { fileTexts, record } from "../../i18n/file";
import { useTexts } from "../../i18n/texts";
import { useFiles } from "../materials/files";
import { FileSlot } from "../materials/FileSlot";
import { sendFile } from "../materials/upload";
import { useIsFull, useSession } from "../shell/RequireSession";
import css from "./file.module.css";
import { FileFrame } from "./FileFrame";
import { Given } from "./section";

const LICENCE = "business_licence" satisfies CompanyPaperKind;

/** 企业资料审核 (R2, R3): what a reviewer needs before the company may buy. */
export function QualificationPage() {
  const { qualification: words } = useTexts(fileTexts);
  const { state } = useTexts(record);
  // The files being put together must not begin anew because the window came to the front.
  const file = useQuery({ ...fileQuery, refetchOnWindowFocus: false });
  const standing = file.data?.qualification.state;
  return (
    <FileFrame
      title={words.title}
      beside={
        standing && (
          <ToneTag tone={QUALIFICATION_TONES[standing]} mark={standing}>
            {state[standing]}
          </ToneTag>
        )
      }
    >
      <Loaded of={file}>{(view) => <Standing file={view} />}</Loaded>
    </FileFrame>
  );
}

function Standing({ file }: { file: CompanyFile }) {
  const words = useTexts(fileTexts);
  const { time } = useTimes();
  const mayEdit = useIsFull();
  const own = words.qualification;
  const { state, submitted_at: submitted, decided_at: decided } = file.qualification;
  const superseded = file.superseded && <Alert type="warning" showIcon title={words.superseded} />;
  switch (state) {
    case "submitted":
      return (
        <>
          <Alert
            type="info"
            showIcon
            role="status"
            title={own.submitted}
            description={submitted ? own.submittedAt(time(submitted)) : undefined}
          />
          <Data file={file} />
          <HandedIn file={file} />
        </>
      );
    case "approved":
      return (
        <>
          <Alert
            type="success"
            showIcon
            role="status"
            title={own.approved}
            description={decided ? own.approvedAt(time(decided)) : undefined}
            action={<Link to="/">{own.toMall}</Link>}
          />
          <Data file={file} hint={own.approvedNote} />
          <HandedIn file={file} />
        </>
      );
    case "open":
    case "changes_requested":
      return (
        <>
          {superseded}
          {state === "changes_requested" ? (
            <Alert type="error" showIcon title={own.sentBack} />
          ) : submitted && !file.superseded ? (
            <Alert type="warning" showIcon title={own.reopened} />
          ) : (
            <p className="soft">{own.lead}</p>
          )}
          {mayEdit ? (
            // Another hand-in begins with other files.
            <HandIn key={`${state} ${submitted ?? ""}`} file={file} />
          ) : (
            <Data file={file} refusals={file.qualification.refusals} />
          )}
        </>
      );
  }
}

interface DataProps {
  file: CompanyFile;
  hint?: string;
  refusals?: readonly QualificationRefusal[];
}

/** What the reviewer compares with the licence; it comes from the basic data. */
function Data({ file, hint, refusals = [] }: DataProps) {
  const { qualification: words } = useTexts(fileTexts);
  const { item } = useTexts(record);
  const { basics } = file;
  const mayEdit = useIsFull();
  const fact = (of: QualificationItem, value: string) =>
    [
      item[of],
      <>
        <Given value={value} />
        {refusals
          .filter((refusal) => refusal.item === of)
          .map((refusal) => (
            <Refused key={refusal.item} refusal={refusal} />
          ))}
      </>,
    ] as const;
  return (
    <Panel title={words.data} beside={mayEdit && <Link to="/company">{words.toBasics}</Link>}>
      <p className="soft small">{hint ?? words.dataHint}</p>
      <Facts
        facts={[
          fact("company_name", basics.name),
          fact("credit_code", basics.credit_code),
          fact("legal_representative", basics.legal_representative),
        ]}
      />
    </Panel>
  );
}

/** Why one item was sent back. */
function Refused({ refusal }: { refusal: QualificationRefusal }) {
  const { refusal: reasons } = useTexts(common);
  return (
    <div className={css.refused}>
      {reasons[refusal.reason]}
      {refusal.note && ` · ${refusal.note}`}
    </div>
  );
}

function HandedIn({ file }: { file: CompanyFile }) {
  const { qualification: words } = useTexts(fileTexts);
  const { paper } = useTexts(record);
  const { time } = useTimes();
  return (
    <Panel title={words.handedIn}>
      <ul className={css.people}>
        {file.qualification.papers.map(({ id, kind, file_name, created_at }) => (
          <li key={id}>
            {paper[kind]} · {file_name} <span className="soft small">{time(created_at)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function HandIn({ file }: { file: CompanyFile }) {
  const texts = useTexts(common);
  const { qualification: words } = useTexts(fileTexts);
  const { paper } = useTexts(record);
  const client = useQueryClient();
  const { company } = useSession();
  const [missing, setMissing] = useState(false);
  const { state, papers, submitted_at: submitted } = file.qualification;
  const refusals = state === "changes_requested" ? file.qualification.refusals : [];
  const refusal = refusals.find(({ item }) => item === "licence");
  const files = useFiles<typeof LICENCE>({
    storedAs: `file:${company}:licence:${state}:${submitted ?? ""}`,
    // A licence that was not sent back can be handed in again; after another name it is not the right one any more.
    arrived:
      state === "changes_requested" && !refusal
        ? papers.map(({ id, file_name }) => ({ id, kind: LICENCE, name: file_name }))
        : [],
    send: (kind, chosen, progress) =>
      sendFile(chosen, (announced) => announceCompanyPaper({ kind, ...announced }), progress),
  });
  const submit = useMutation({
    mutationFn: () => submitQualification({ version: file.version, papers: files.ids }),
    onSuccess: (next) => {
      files.forget();
      client.setQueryData(fileQuery.queryKey, next);
      void client.invalidateQueries({ queryKey: [...FILE, "history"] });
      void client.invalidateQueries({ queryKey: SESSION });
      window.scrollTo(0, 0);
    },
    onError: (error) => {
      if (hasCode(error, "changed_meanwhile", "not_in_this_state")) {
        void client.invalidateQueries({ queryKey: fileQuery.queryKey });
      }
    },
  });
  const changed = hasCode(submit.error, "changed_meanwhile");
  const ready = file.basics.legal_representative.trim() !== "";
  return (
    <>
      {changed && <Alert type="warning" showIcon role="alert" title={words.changed} />}
      <Data file={file} refusals={refusals} />
      {!ready && (
        <Alert
          type="warning"
          showIcon
          title={words.noRepresentative}
          action={<Link to="/company">{words.toBasics}</Link>}
        />
      )}
      <Panel title={words.papers}>
        <FileSlot
          kind={LICENCE}
          name={paper[LICENCE]}
          hint={words.licenceHint}
          files={files.of(LICENCE)}
          refusal={refusal && { title: texts.refusal[refusal.reason], note: refusal.note }}
          missing={missing && files.of(LICENCE).length === 0}
          onAdd={(chosen) => files.add(LICENCE, chosen)}
          onRetry={files.retry}
          onRemove={files.remove}
        />
      </Panel>
      {!changed && <ProblemAlert error={submit.error} />}
      <div className="row">
        <Button
          type="primary"
          size="large"
          loading={submit.isPending}
          disabled={files.busy || !ready}
          onClick={() => {
            const none = files.ids.length === 0;
            setMissing(none);
            if (none) {
              document.getElementById(`paper-${LICENCE}`)?.scrollIntoView({ block: "center", behavior: "smooth" });
            } else {
              submit.mutate();
            }
          }}
        >
          {words.submit}
        </Button>
        <span className="soft small">{files.busy ? words.waitUploads : words.submitNote}</span>
      </div>
    </>
  );
}
