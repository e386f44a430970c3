/** The filters of the order list as they stand in its address (R70). */
import type { OrderFilter } from "../../api/company";
import type { DisplayState, ProductKind } from "../../api/schema";

/** In the order in which an order goes through them. */
export const STATES: readonly DisplayState[] = [
  "draft",
  "awaiting_payment",
  "submitted",
  "changes_requested",
  "awaiting_materials",
  "awaiting_agent",
  "under_review",
  "in_production",
  "handling",
  "shipped",
  "awaiting_receipt",
  "completed",
  "refunding",
  "refunded",
  "cancelled",
];

export const KINDS: readonly ProductKind[] = ["new_key", "renewal", "unlock", "replacement", "upgrade"];

/** A day as the API and date fields write it; a year that is still being typed is none. */
const DAY = /^20\d\d-\d\d-\d\d$/;

/** Of an address only what is a filter: the rest is somebody's typing error. */
export function filterOf(search: URLSearchParams): OrderFilter {
  const state = STATES.find((known) => known === search.get("state"));
  const kind = KINDS.find((known) => known === search.get("kind"));
  const [from, to] = [search.get("from") ?? "", search.get("to") ?? ""];
  return {
    ...(state && { state }),
    ...(kind && { kind }),
    ...(DAY.test(from) && { from }),
    ...(DAY.test(to) && { to }),
  };
}

/** Does the time end before it begins? Then nothing can be found, and nothing is asked. */
export function isBackwards({ from, to }: OrderFilter): boolean {
  return from !== undefined && to !== undefined && from > to;
}

export function isDay(text: string): boolean {
  return DAY.test(text);
}
