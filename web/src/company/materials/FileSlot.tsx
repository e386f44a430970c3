import { Alert, Button, Progress } from "antd";
import { useRef } from "react";
import { Link } from "react-router";

import { ToneTag } from "../../design/StateTag";
import { common } from "../../i18n/common";
import { materialsTexts } from "../../i18n/materials";
import { useTexts } from "../../i18n/texts";
import css from "./materials.module.css";
import type { SlotFile } from "./files";

const ACCEPT = "image/jpeg,image/png,application/pdf";

interface Props<K> {
  kind: K;
  name: string;
  /** What it must be. */
  hint: string;
  files: readonly SlotFile<K>[];
  /** Why the one that was here was sent back. */
  refusal?: { title: string; note: string | undefined } | undefined;
  missing: boolean;
  /** Where its template is. */
  template?: string | undefined;
  onAdd: (files: readonly File[]) => void;
  onRetry: (file: SlotFile<K>) => void;
  onRemove: (file: SlotFile<K>) => void;
}

/** The place of one kind of paper: what it must be, what was uploaded, what is wrong with it. */
export function FileSlot<K extends string>(props: Props<K>) {
  const { kind, name, hint, files, refusal, missing, template, onAdd, onRetry, onRemove } = props;
  const { materials: words } = useTexts(materialsTexts);
  const disk = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const kept = files.some((file) => file.state === "done" && file.kept);
  const take = (input: HTMLInputElement) => {
    onAdd([...(input.files ?? [])]);
    input.value = ""; // the same file may be chosen again
  };
  return (
    <section id={`paper-${kind}`} className={css.slot} aria-label={name}>
      <div className={css.slotHead}>
        <h3>{name}</h3>
        {kept && <ToneTag tone="done">{words.kept}</ToneTag>}
        {refusal && files.length === 0 && <ToneTag tone="attention">{words.refused}</ToneTag>}
        {template && !kept && (
          <Link className={css.template} to={template} target="_blank">
            {words.template}
          </Link>
        )}
      </div>
      {!kept && <p className="soft small">{hint}</p>}
      {refusal && (
        <Alert type={files.length === 0 ? "error" : "info"} title={refusal.title} description={refusal.note} />
      )}
      {files.length > 0 && (
        <ul className={css.files}>
          {files.map((file) => (
            <File key={file.key} file={file} onRetry={onRetry} onRemove={onRemove} />
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
            type={files.length === 0 ? "default" : "dashed"}
            aria-label={`${files.length === 0 ? words.choose : words.addMore}: ${name}`}
            onClick={() => disk.current?.click()}
          >
            {files.length === 0 ? words.choose : words.addMore}
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

function File<K>({ file, onRetry, onRemove }: { file: SlotFile<K> } & Pick<Props<K>, "onRetry" | "onRemove">) {
  const texts = useTexts(common);
  const { materials: words } = useTexts(materialsTexts);
  return (
    <li className={css.file} data-state={file.state}>
      <span className={css.name}>
        {file.name} {file.length !== undefined && <span className="soft small num">{size(file.length)}</span>}
      </span>
      {file.state === "sending" && (
        <Progress
          className={css.progress}
          percent={file.percent}
          size="small"
          aria-label={words.uploading(file.name)}
        />
      )}
      {file.state === "done" && <span className={css.done}>✓ {words.done}</span>}
      {file.state === "failed" && (
        <>
          <span role="alert" className={css.missing}>
            {words.failed}
          </span>
          <Button size="small" onClick={() => onRetry(file)}>
            {texts.retry}
          </Button>
        </>
      )}
      {file.state === "unfit" && (
        <span role="alert" className={css.missing}>
          {words[file.reason]}
        </span>
      )}
      {file.state !== "sending" && !(file.state === "done" && file.kept) && (
        <Button size="small" type="text" aria-label={words.remove(file.name)} onClick={() => onRemove(file)}>
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
