/** Files while they are being put together: each is sent, fails and is tried again on its own. */
import { useEffect, useState } from "react";

import { hasCode } from "../../api/errors";
import { queryClient, SESSION } from "../../api/query";
import { dropDraft, readDraft, storeDraft } from "../../design/draft";
import { UnfitFile, type Unfit } from "./upload";

interface Common<K> {
  /** Its own name on this page. */
  key: string;
  kind: K;
  name: string;
  /** Bytes; of a file that only the server knows, nobody says. */
  length?: number;
}

export type SlotFile<K> = Common<K> &
  (
    | { state: "sending"; percent: number; file: File }
    | { state: "failed"; file: File; error: unknown }
    | { state: "unfit"; reason: Unfit }
    /** In the bucket. `kept` when it was handed in before and not refused. */
    | { state: "done"; id: string; kept: boolean }
  );

/** A file that is in the bucket. */
export interface Arrived<K> {
  id: string;
  kind: K;
  name: string;
  length?: number;
}

export interface Files<K> {
  of: (kind: K) => SlotFile<K>[];
  /** All that are handed in. */
  ids: string[];
  /** Is any on its way? */
  busy: boolean;
  add: (kind: K, files: readonly File[]) => void;
  retry: (file: SlotFile<K>) => void;
  remove: (file: SlotFile<K>) => void;
  forget: () => void;
}

interface Options<K> {
  /** Under which name the tab remembers what has arrived. */
  storedAs: string;
  /** Handed in before and not refused: shown, and not to be removed. */
  kept?: readonly Arrived<K>[];
  /** What has arrived by the server's account, for a tab that remembers nothing. */
  arrived?: readonly Arrived<K>[];
  /** Sends one file and returns its id. */
  send: (kind: K, file: File, progress: (percent: number) => void) => Promise<string>;
}

let counter = 0;

function arrivedFile<K>(file: Arrived<K>, kept: boolean): SlotFile<K> {
  return { key: file.id, ...file, state: "done", kept };
}

/** What was uploaded survives a reload. */
export function useFiles<K extends string>({ storedAs, kept = [], arrived = [], send }: Options<K>): Files<K> {
  const [files, setFiles] = useState<SlotFile<K>[]>(() => [
    ...kept.map((file) => arrivedFile(file, true)),
    ...readDraft<{ done: readonly Arrived<K>[] }>(storedAs, { done: arrived }).done.map((file) =>
      arrivedFile(file, false),
    ),
  ]);

  const change = (next: (files: SlotFile<K>[]) => SlotFile<K>[]) => {
    setFiles((before) => next(before));
  };
  const put = (file: SlotFile<K>) => change((all) => all.map((one) => (one.key === file.key ? file : one)));

  const start = async ({ key, kind, name }: Common<K>, file: File) => {
    const common = { key, kind, name, length: file.size };
    put({ ...common, state: "sending", percent: 0, file });
    try {
      const id = await send(kind, file, (percent) => put({ ...common, state: "sending", percent, file }));
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

  useEffect(() => {
    const fresh = files.flatMap((file) =>
      file.state === "done" && !file.kept
        ? [
            {
              id: file.id,
              kind: file.kind,
              name: file.name,
              ...(file.length !== undefined && { length: file.length }),
            } satisfies Arrived<K>,
          ]
        : [],
    );
    storeDraft(storedAs, { done: fresh });
  }, [storedAs, files]);

  return {
    of: (kind) => files.filter((file) => file.kind === kind),
    ids: files.flatMap((file) => (file.state === "done" ? [file.id] : [])),
    busy: files.some((file) => file.state === "sending"),
    add: (kind, chosen) => {
      const added = chosen.map((file) => {
        counter += 1;
        return { file, common: { key: `file-${String(counter)}`, kind, name: file.name, length: file.size } };
      });
      change((all) => [
        // A file that cannot be used makes room for the next try.
        ...all.filter((file) => !(file.kind === kind && file.state === "unfit")),
        ...added.map(({ file, common }): SlotFile<K> => ({ ...common, state: "sending", percent: 0, file })),
      ]);
      for (const { file, common } of added) {
        void start(common, file);
      }
    },
    retry: (file) => {
      if (file.state === "failed") {
        void start(file, file.file);
      }
    },
    remove: (file) => change((all) => all.filter((one) => one.key !== file.key)),
    forget: () => dropDraft(storedAs),
  };
}
