/** Which keys have something paid that waits to be done with them. */
import { useQueries } from "@tanstack/react-query";

import { orderQuery } from "../../api/company";
import { newestOfKindQuery } from "../../api/ordering";
import type { OrderRow } from "../../api/schema";
import { isWaiting } from "../order/service/use-service";

type Kind = "renewal" | "unlock";

/** What waits for a key, and the order in which it is done. */
export interface Waits {
  kind: Kind;
  order: string;
}

const KINDS: readonly Kind[] = ["renewal", "unlock"];

/** Rows do not name keys, so the orders are asked for; nobody waits with more than these. */
const MOST = 6;

/** By the key's serial number. Says nothing of what cannot be read now: the orders themselves show it too. */
export function useWaiting(enabled: boolean): ReadonlyMap<string, Waits> {
  const lists = useQueries({ queries: KINDS.map((kind) => ({ ...newestOfKindQuery(kind), enabled })) });
  const waits = ({ items }: OrderRow) => items.some(({ display }) => display === "awaiting_agent");
  const rows = lists.flatMap(({ data }) => data?.orders ?? []).filter(waits);
  const ids = [...new Set(rows.map(({ id }) => id))].slice(0, MOST);
  const orders = useQueries({ queries: ids.map((id) => orderQuery(id)) });
  const lines = orders.flatMap(({ data }) =>
    (data?.lines ?? []).filter(isWaiting).map((line) => ({ line, order: data?.id ?? "" })),
  );
  return new Map(
    lines.map(({ line, order }) => [
      line.key.serial,
      { kind: line.product.kind === "unlock" ? "unlock" : "renewal", order },
    ]),
  );
}
