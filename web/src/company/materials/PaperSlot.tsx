import type { PaperKind, PaperRefusal } from "../../api/schema";
import { common } from "../../i18n/common";
import { materialsTexts } from "../../i18n/materials";
import { useTexts } from "../../i18n/texts";
import { FileSlot } from "./FileSlot";
import type { Paper } from "./papers";

interface Props {
  kind: PaperKind;
  papers: readonly Paper[];
  /** Why the one that was here was sent back. */
  refusal: PaperRefusal | undefined;
  missing: boolean;
  /** Where its template is. */
  template: string | undefined;
  onAdd: (files: readonly File[]) => void;
  onRetry: (paper: Paper) => void;
  onRemove: (paper: Paper) => void;
}

/** The place of one kind of paper of a line. */
export function PaperSlot({ kind, papers, refusal, ...rest }: Props) {
  const texts = useTexts(common);
  const { materials } = useTexts(materialsTexts);
  return (
    <FileSlot
      kind={kind}
      name={texts.paper[kind]}
      hint={materials.words[kind]}
      files={papers}
      refusal={refusal && { title: texts.refusal[refusal.reason], note: refusal.note }}
      {...rest}
    />
  );
}
