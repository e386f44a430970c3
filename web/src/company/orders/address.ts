/** Where the list of orders stands, filtered as it was left. */

/** What a link from the list hands on, so that the way back finds the same list. */
export interface FromList {
  list: string;
}

/** The address of the list that a page was opened from; of the whole list when it was opened otherwise. */
export function listAddress(state: unknown): string {
  const search = typeof state === "object" && state !== null && "list" in state ? state.list : "";
  return typeof search === "string" && search.startsWith("?") ? `/orders${search}` : "/orders";
}
