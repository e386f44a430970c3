import { Alert, Button, Progress } from "antd";
import { useRef } from "react";
import { Link } from "react-router";

import type { PaperKind, PaperRefusal } from "../../api/schema";
import { ToneTag } from "../../design/StateTag";
import { common } from "../../i18n/common";
import { company } from "../../i18n/company";
import { useTexts } from "../../i18n/texts";
import css from "./materials.module.css";
import type { Paper } from "./papers";

const ACCEPT = "image/jpeg,image/png,application/pdf";

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

/** The place of one kind of paper: what it must be, what was uploaded, what is wrong with it. */
export function PaperSlot({ kind, papers, refusal, missing, template, onAdd, onRetry, onRemove }: Props) {
  const texts = useTexts(common);
  const { materials: words } = useTexts(company);
  const disk = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const name = texts.paper[kind];
  const kept = papers.some((paper) => paper.state === "done" && paper.kept);
  const take = (input: HTMLInputElement) => {
    onAdd([...(input.files ?? [])]);
    input.value = ""; // the same file may be chosen again
  };
  return (
    <section id={`paper-${kind}`} className={css.slot} aria-label={name}>
      <div className={css.slotHead}>
        <h3>{name}</h3>
        {kept && <ToneTag tone="done">{words.kept}</ToneTag>}
        {refusal && papers.length === 0 && <ToneTag tone="attention">{words.refused}</ToneTag>}
        {template && !kept && (
          <Link className={css.template} to={template} target="_blank">
            {words.template}
          </Link>
        )}
      </div>
      {!kept && <p className="soft small">{words.words[kind]}</p>}
      {refusal && (
        <Alert
          type={papers.length === 0 ? "error" : "info"}
          title={texts.refusal[refusal.reason]}
          description={refusal.note}
        />
      )}
      {papers.length > 0 && (
        <ul className={css.files}>
          {papers.map((paper) => (
            <File key={paper.key} paper={paper} onRetry={onRetry} onRemove={onRemove} />
          ))}
        </ul>
      )}
      {!kept && (
        <div className="row">
          <input
            ref={disk}
            className="visually-hidden"
            type="file"
            accept={ACCEPT}
            multiple
            tabIndex={-1}
            aria-label={`${words.choose}: ${name}`}
            onChange={({ currentTarget }) => take(currentTarget)}
          />
          <Button
            type={papers.length === 0 ? "default" : "dashed"}
            aria-label={`${papers.length === 0 ? words.choose : words.addMore}: ${name}`}
            onClick={() => disk.current?.click()}
          >
            {papers.length === 0 ? words.choose : words.addMore}
          </Button>
          <span className={css.touch}>
            <input
              ref={camera}
              className="visually-hidden"
              type="file"
              accept="image/*"
              capture="environment"
              tabIndex={-1}
              aria-hidden="true"
              onChange={({ currentTarget }) => take(currentTarget)}
            />
            <Button aria-label={`${words.camera}: ${name}`} onClick={() => camera.current?.click()}>
              {words.camera}
            </Button>
          </span>
          {missing && (
            <span role="alert" className={css.missing}>
              {words.missing}
            </span>
          )}
        </div>
      )}
    </section>
  );
}

function File({ paper, onRetry, onRemove }: { paper: Paper } & Pick<Props, "onRetry" | "onRemove">) {
  const texts = useTexts(common);
  const { materials: words } = useTexts(company);
  return (
    <li className={css.file} data-state={paper.state}>
      <span className={css.name}>
        {paper.name} <span className="soft small num">{size(paper.length)}</span>
      </span>
      {paper.state === "sending" && (
        <Progress
          className={css.progress}
          percent={paper.percent}
          size="small"
          aria-label={words.uploading(paper.name)}
        />
      )}
      {paper.state === "done" && <span className={css.done}>✓ {words.done}</span>}
      {paper.state === "failed" && (
        <>
          <span role="alert" className={css.missing}>
            {words.failed}
          </span>
          <Button size="small" onClick={() => onRetry(paper)}>
            {texts.retry}
          </Button>
        </>
      )}
      {paper.state === "unfit" && (
        <span role="alert" className={css.missing}>
          {words[paper.reason]}
        </span>
      )}
      {paper.state !== "sending" && !(paper.state === "done" && paper.kept) && (
        <Button size="small" type="text" aria-label={words.remove(paper.name)} onClick={() => onRemove(paper)}>
          ×
        </Button>
      )}
    </li>
  );
}

function size(bytes: number): string {
  return bytes < 1024 * 1024
    ? `${String(Math.ceil(bytes / 1024))} KB`
    : `${String(Math.ceil((bytes * 10) / 1024 / 1024) / 10)} MB`;
}
