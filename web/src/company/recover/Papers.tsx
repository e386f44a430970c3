import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";

import { hasCode } from "../../api/errors";
import type { CompanyPaperKind, RecoveryView } from "../../api/schema";
import { announceRecoveryPaper, recoveryQuery, submitRecovery } from "../../api/unbinding";
import { dropDraft } from "../../design/draft";
import { Actions, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { unbinding } from "../../i18n/unbinding";
import { useTexts } from "../../i18n/texts";
import { useFiles } from "../materials/files";
import { FileSlot } from "../materials/FileSlot";
import { sendFile } from "../materials/upload";
import { DRAFT } from "./Application";
import css from "./recover.module.css";

const KINDS: readonly CompanyPaperKind[] = ["business_licence", "authorisation_letter", "legal_representative_id"];

interface Props {
  view: RecoveryView;
  onChanged: (view: RecoveryView) => void;
  onAnew: () => void;
}

/** Licence, stamped authorisation, both sides of the legal representative's ID. */
export function Papers({ view, onChanged, onAnew }: Props) {
  const { recover: words } = useTexts(unbinding);
  const client = useQueryClient();
  const [missing, setMissing] = useState<readonly CompanyPaperKind[]>([]);
  const files = useFiles<CompanyPaperKind>({
    storedAs: `recover:${view.id}`,
    arrived: view.papers.map(({ id, kind, file_name: name }) => ({ id, kind, name })),
    send: (kind, file, progress) =>
      sendFile(file, (announced) => announceRecoveryPaper({ kind, ...announced }), progress),
  });
  const submit = useMutation({
    mutationFn: () => submitRecovery(files.ids),
    onSuccess: (next) => {
      files.forget();
      dropDraft(DRAFT);
      onChanged(next);
    },
    onError: (error) => {
      if (hasCode(error, "not_in_this_state", "not_found")) {
        void client.invalidateQueries({ queryKey: recoveryQuery.queryKey });
      }
    },
  });
  const send = () => {
    const without = KINDS.filter((kind) => !files.of(kind).some((file) => file.state === "done"));
    setMissing(without);
    if (without[0]) {
      document.getElementById(`paper-${without[0]}`)?.scrollIntoView({ block: "center", behavior: "smooth" });
    } else if (!files.busy) {
      submit.mutate();
    }
  };
  return (
    <div className="stack">
      <Panel title={words.papers}>
        <p className="soft small">{words.papersHint}</p>
        {KINDS.map((kind) => (
          <FileSlot
            key={kind}
            kind={kind}
            name={words.paper[kind]}
            hint={words.paperWords[kind]}
            files={files.of(kind)}
            missing={missing.includes(kind) && files.of(kind).length === 0}
            onAdd={(added) => files.add(kind, added)}
            onRetry={files.retry}
            onRemove={files.remove}
          />
        ))}
        <details className={css.letter}>
          <summary>{words.letter}</summary>
          <p>{words.letterText(view.company_name, view.credit_code)}</p>
        </details>
      </Panel>
      <ProblemAlert error={submit.error} />
      <Actions>
        <Button type="primary" size="large" loading={submit.isPending} disabled={files.busy} onClick={send}>
          {words.submit}
        </Button>
        <span className="soft small">{files.busy ? words.waitUploads : words.submitNote}</span>
      </Actions>
      <div className="row">
        <span>{words.wrongContact}</span>
        <Button disabled={submit.isPending} onClick={onAnew}>
          {words.restart}
        </Button>
      </div>
    </div>
  );
}
