/** The papers of a line while they are being put together. */
import type { LineView, PaperKind } from "../../api/schema";
import { type Files, type SlotFile, useFiles } from "./files";
import { upload } from "./upload";

export type Paper = SlotFile<PaperKind>;
export type Papers = Files<PaperKind>;

/**
 * Papers that were handed in and not refused are kept: only the refused must be replaced. In a draft nobody has looked at
 * them yet, so that they can be taken out again.
 */
export function usePapers(order: string, line: LineView, draft = false): Papers {
  const refused = new Set(line.refusals.map((refusal) => refusal.kind));
  const good = line.papers
    .filter((paper) => !refused.has(paper.kind))
    .map((paper) => ({ id: paper.id, kind: paper.kind, name: paper.file_name, length: paper.length }));
  return useFiles<PaperKind>({
    // What was uploaded before a refusal must not come back after it: the name changes with the papers handed in and
    // with those refused.
    storedAs: ["papers", order, line.no, line.papers.at(-1)?.id ?? "", ...refused].join(":"),
    ...(draft ? { arrived: good } : { kept: good }),
    send: (kind, file, progress) => upload(order, line.no, kind, file, progress),
  });
}
