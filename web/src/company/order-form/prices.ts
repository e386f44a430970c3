/** What the list would cost now: always asked, never worked out here. */
import { useQuery } from "@tanstack/react-query";

import { fieldErrors } from "../../api/errors";
import { quoteQuery } from "../../api/ordering";
import type { CatalogView, LinePrice, PromiseView } from "../../api/schema";
import { type Fields, priced } from "./list";

export interface Prices {
  /** By the place of the line in the list. */
  lines: ReadonlyMap<number, LinePrice>;
  /** What speaks against a line, by its place. */
  refusals: ReadonlyMap<number, string>;
  total: string | undefined;
  /** What would be promised now; none when nothing is made at a desk. */
  promise: PromiseView | undefined;
  /** Is there anything to ask for? */
  isAsked: boolean;
  isFetching: boolean;
  /** Why there are no prices, when no line is the reason. */
  error: unknown;
  retry: () => void;
}

const LINE = /^lines\.(\d+)\./;

export function usePrices(catalog: CatalogView, { lines, urgency }: Fields): Prices {
  const asked = priced(catalog, lines);
  const isAsked = asked.length > 0;
  const quote = useQuery(
    quoteQuery(isAsked ? { storefront: catalog.storefront, lines: asked.map(({ line }) => line), urgency } : undefined),
  );
  // Prices from before the last change stand until the new ones are there, as long as they fit the list.
  const view = isAsked && quote.data?.lines.length === asked.length && !quote.error ? quote.data : undefined;
  const refusals = new Map<number, string>();
  for (const { field, message } of fieldErrors(quote.error)) {
    const place = asked[Number(LINE.exec(field)?.[1] ?? -1)]?.place;
    if (place !== undefined && !refusals.has(place)) {
      refusals.set(place, message);
    }
  }
  return {
    lines: new Map(view?.lines.flatMap((price, n) => (asked[n] ? [[asked[n].place, price] as const] : []))),
    refusals,
    total: view?.total,
    promise: view?.promise ?? undefined,
    isAsked,
    isFetching: quote.isFetching,
    error: refusals.size > 0 ? null : quote.error,
    retry: () => void quote.refetch(),
  };
}
