/** Sends the SO PINs of a list in the batches that the API takes, and says what became of each key. */
import { useEffect, useRef, useState } from "react";

import { ApiError, fieldErrors } from "../../api/errors";
import { addEscrow, placeIn } from "../../api/making";
import type { FieldCode, Medium } from "../../api/schema";
import type { EscrowedKey } from "./escrow-list";
import { MOST_AT_ONCE } from "./serials";

/** What became of a key. */
export type Fate =
  | { is: "waiting" }
  /** Sent, and no answer came: it may be there. Sent again, nothing happens twice. */
  | { is: "unsure" }
  | { is: "taken" }
  /** It is there, and what is there stays. */
  | { is: "there" }
  | { is: "refused"; code: FieldCode; message: string };

export interface Row {
  line: number;
  serial: string;
  fate: Fate;
}

export interface Sending {
  /** Without SO PINs: these are nowhere but in what is still to be sent. */
  rows: readonly Row[];
  isBusy: boolean;
  /** Why it stopped before the end. */
  error: unknown;
  load: (keys: readonly EscrowedKey[]) => void;
  /** Sends all that have no answer yet. */
  send: (medium: Medium) => Promise<void>;
  /** Forgets everything. */
  clear: () => void;
}

export function isOpen({ fate }: Row): boolean {
  return fate.is === "waiting" || fate.is === "unsure";
}

/** Did the server say no, so that it kept nothing? Of everything else nobody knows. */
function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.problem.status < 500;
}

export function useSending(): Sending {
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  // Not in the state of the page, which tools show, and gone key by key.
  const pins = useRef(new Map<string, string>());
  const run = useRef(0);
  useEffect(
    () => () => {
      run.current += 1;
      pins.current.clear();
    },
    [],
  );
  const settle = (fates: ReadonlyMap<string, Fate>) => {
    for (const [serial, { is }] of fates) {
      if (is !== "waiting" && is !== "unsure") {
        pins.current.delete(serial);
      }
    }
    setRows((before) => before.map((row) => ({ ...row, fate: fates.get(row.serial) ?? row.fate })));
  };
  /** What a batch came to, and whether what follows may be sent. */
  const batch = async (medium: Medium, serials: readonly string[]): Promise<{ stop: unknown }> => {
    const all = (fate: Fate) => new Map(serials.map((serial) => [serial, fate]));
    try {
      await addEscrow({
        medium,
        keys: serials.map((serial) => ({ serial, so_pin: pins.current.get(serial) ?? "" })),
      });
      settle(all({ is: "taken" }));
      return { stop: null };
    } catch (problem) {
      const refused = new Map<string, Fate>();
      for (const { field, code, message } of fieldErrors(problem)) {
        const serial = serials[placeIn("keys", field) ?? -1];
        if (serial !== undefined) {
          refused.set(serial, code === "taken" ? { is: "there" } : { is: "refused", code, message });
        }
      }
      // For one key that does not go the server takes none of the batch: the others go again without it.
      settle(refused.size > 0 ? refused : all({ is: isRefusal(problem) ? "waiting" : "unsure" }));
      return { stop: refused.size > 0 ? null : problem };
    }
  };
  return {
    rows,
    isBusy,
    error,
    load: (keys) => {
      pins.current = new Map(keys.map(({ serial, soPin }) => [serial, soPin]));
      setRows(keys.map(({ line, serial }) => ({ line, serial, fate: { is: "waiting" } })));
      setError(null);
    },
    send: async (medium) => {
      const mine = (run.current += 1);
      setBusy(true);
      setError(null);
      let stop: unknown = null;
      // Each turn takes at least one key out, or ends.
      while (mine === run.current && pins.current.size > 0 && stop === null) {
        ({ stop } = await batch(medium, [...pins.current.keys()].slice(0, MOST_AT_ONCE)));
      }
      if (mine === run.current) {
        setError(stop);
        setBusy(false);
      }
    },
    clear: () => {
      run.current += 1;
      pins.current.clear();
      setRows([]);
      setError(null);
      setBusy(false);
    },
  };
}
