/** The papers of a line while they are being put together. */
import { useEffect, useState } from "react";

import { hasCode } from "../../api/errors";
import { queryClient, SESSION } from "../../api/query";
import type { LineView, PaperKind } from "../../api/schema";
import { dropDraft, readDraft, storeDraft } from "../../design/draft";
import { UnfitFile, type Unfit, upload } from "./upload";

interface Common {
  /** Its own name on this page. */
  key: string;
  kind: PaperKind;
  name: string;
  length: number;
}

export type Paper = Common &
  (
    | { state: "sending"; percent: number; file: File }
    | { state: "failed"; file: File; error: unknown }
    | { state: "unfit"; reason: Unfit }
    /** In the bucket. `kept` when it was handed in before and not refused. */
    | { state: "done"; id: string; kept: boolean }
  );

interface Done {
  id: string;
  kind: PaperKind;
  name: string;
  length: number;
}

export interface Papers {
  of: (kind: PaperKind) => Paper[];
  /** All that are handed in. */
  ids: string[];
  /** Is any on its way? */
  busy: boolean;
  add: (kind: PaperKind, files: readonly File[]) => void;
  retry: (paper: Paper) => void;
  remove: (paper: Paper) => void;
  forget: () => void;
}

let counter = 0;

/**
 * Papers that were handed in and not refused are kept (only the refused must be replaced); those that are uploaded
 * survive a reload. Each file is sent, fails and is tried again on its own.
 */
export function usePapers(order: string, line: LineView): Papers {
  const refused = new Set(line.refusals.map((refusal) => refusal.kind));
  // What was uploaded before a refusal must not come back after it: the name changes with the papers handed in.
  const key = `papers:${order}:${String(line.no)}:${line.papers.at(-1)?.id ?? ""}`;
  const [papers, setPapers] = useState<Paper[]>(() => [
    ...line.papers
      .filter((paper) => !refused.has(paper.kind))
      .map((paper): Paper => ({
        key: paper.id,
        kind: paper.kind,
        name: paper.file_name,
        length: paper.length,
        state: "done",
        id: paper.id,
        kept: true,
      })),
    ...readDraft<{ done: Done[] }>(key, { done: [] }).done.map((done): Paper => ({
      key: done.id,
      ...done,
      state: "done",
      kept: false,
    })),
  ]);

  const change = (next: (papers: Paper[]) => Paper[]) => {
    setPapers((before) => next(before));
  };
  const put = (paper: Paper) => change((all) => all.map((one) => (one.key === paper.key ? paper : one)));

  const send = async ({ key, kind, name, length }: Common, file: File) => {
    const common = { key, kind, name, length };
    put({ ...common, state: "sending", percent: 0, file });
    try {
      const id = await upload(order, line.no, kind, file, (percent) =>
        put({ ...common, state: "sending", percent, file }),
      );
      put({ ...common, state: "done", id, kept: false });
    } catch (error) {
      if (hasCode(error, "login_required")) {
        queryClient.setQueryData(SESSION, null);
      }
      put(
        error instanceof UnfitFile
          ? { ...common, state: "unfit", reason: error.reason }
          : { ...common, state: "failed", file, error },
      );
    }
  };

  const done = papers.filter((paper) => paper.state === "done");
  useEffect(() => {
    const fresh = papers.flatMap((paper) =>
      paper.state === "done" && !paper.kept
        ? [{ id: paper.id, kind: paper.kind, name: paper.name, length: paper.length } satisfies Done]
        : [],
    );
    storeDraft(key, { done: fresh });
  }, [key, papers]);

  return {
    of: (kind) => papers.filter((paper) => paper.kind === kind),
    ids: done.map((paper) => paper.id),
    busy: papers.some((paper) => paper.state === "sending"),
    add: (kind, files) => {
      const added = files.map((file) => {
        counter += 1;
        return { file, common: { key: `file-${String(counter)}`, kind, name: file.name, length: file.size } };
      });
      change((all) => [
        // A file that cannot be used makes room for the next try.
        ...all.filter((paper) => !(paper.kind === kind && paper.state === "unfit")),
        ...added.map(({ file, common }): Paper => ({ ...common, state: "sending", percent: 0, file })),
      ]);
      for (const { file, common } of added) {
        void send(common, file);
      }
    },
    retry: (paper) => {
      if (paper.state === "failed") {
        void send(paper, paper.file);
      }
    },
    remove: (paper) => change((all) => all.filter((one) => one.key !== paper.key)),
    forget: () => dropDraft(key),
  };
}
