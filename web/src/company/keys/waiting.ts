/** Which keys have something ordered that is not done yet. */
import { useQueries } from "@tanstack/react-query";

import { orderQuery } from "../../api/company";
import { newestOfKindQuery } from "../../api/ordering";
import type { DisplayState, KeyView, OrderRow } from "../../api/schema";
import { isWaiting } from "../order/service/use-service";

type Kind = "renewal" | "unlock" | "replacement";

/** What waits for a key, and the line of the order in which it is done. */
export interface Waits {
  kind: Kind;
  order: string;
  line: number;
  display: DisplayState;
}

/** Ordered, and neither over nor a mere draft. */
const REPLACING: ReadonlySet<DisplayState> = new Set<DisplayState>([
  "awaiting_payment",
  "submitted",
  "awaiting_materials",
  "changes_requested",
  "under_review",
  "in_production",
  "handling",
  "shipped",
]);

/** Rows do not name keys, so the orders are asked for, at once; nobody waits with more than these. */
const MOST = 6;

/** Is something of this row, of this kind, still to be done? */
function waitsIn(kind: Kind, { items }: OrderRow): boolean {
  return items.some(({ product, display }) =>
    kind === "replacement"
      ? product.kind === kind && REPLACING.has(display)
      : product.kind === kind && display === "awaiting_agent",
  );
}

/** By the key's serial number. Says nothing of what cannot be read now: the orders themselves show it too. */
export function useWaiting(keys: readonly KeyView[] | undefined): {
  of: ReadonlyMap<string, readonly Waits[]>;
  /** Are there more orders than were asked for? */
  isMore: boolean;
} {
  const isBusy = keys === undefined || keys.length > 0;
  // Only who reported a key may buy its replacement twice.
  const isReported = keys?.some(({ state }) => state === "suspended") ?? false;
  const enabled: Record<Kind, boolean> = { renewal: isBusy, unlock: isBusy, replacement: isReported };
  const kinds: readonly Kind[] = ["renewal", "unlock", "replacement"];
  const lists = useQueries({
    // Asked for beside the keys, not after them.
    queries: kinds.map((kind) => ({ ...newestOfKindQuery(kind), enabled: enabled[kind] })),
  });
  const rows = lists.flatMap(({ data }, n) =>
    (data?.orders ?? []).filter((row) => waitsIn(kinds[n] ?? "renewal", row)),
  );
  const all = [...new Set(rows.map(({ id }) => id))];
  const orders = useQueries({ queries: all.slice(0, MOST).map((id) => orderQuery(id)) });
  const of = new Map<string, Waits[]>();
  for (const { data } of orders) {
    for (const line of data?.lines ?? []) {
      const { key, product, no, display } = line;
      const kind: Kind | undefined = isWaiting(line)
        ? product.kind === "unlock"
          ? "unlock"
          : "renewal"
        : product.kind === "replacement" && REPLACING.has(display)
          ? "replacement"
          : undefined;
      if (key && kind && data) {
        of.set(key.serial, [...(of.get(key.serial) ?? []), { kind, order: data.id, line: no, display }]);
      }
    }
  }
  return { of, isMore: all.length > MOST };
}
