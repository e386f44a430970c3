/** The papers of a line while they are being put together. */
import type { LineView, PaperKind } from "../../api/schema";
import { type Files, type SlotFile, useFiles } from "./files";
import { upload } from "./upload";

export type Paper = SlotFile<PaperKind>;
export type Papers = Files<PaperKind>;

/** Papers that were handed in and not refused are kept: only the refused must be replaced. */
export function usePapers(order: string, line: LineView): Papers {
  const refused = new Set(line.refusals.map((refusal) => refusal.kind));
  return useFiles<PaperKind>({
    // What was uploaded before a refusal must not come back after it: the name changes with the papers handed in.
    storedAs: `papers:${order}:${String(line.no)}:${line.papers.at(-1)?.id ?? ""}`,
    kept: line.papers
      .filter((paper) => !refused.has(paper.kind))
      .map((paper) => ({ id: paper.id, kind: paper.kind, name: paper.file_name, length: paper.length })),
    send: (kind, file, progress) => upload(order, line.no, kind, file, progress),
  });
}
