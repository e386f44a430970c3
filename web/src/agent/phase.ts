import type { OperationView } from "../api/schema";

/** What the panel of an operation has to show. */
export type Phase =
  /** The link is here and was not clicked yet. */
  | "ready"
  /** It was clicked; the agent may still be at its first call. */
  | "opening"
  /** It was clicked, and no agent was heard of. */
  | "absent"
  /** No agent has it, and the link was lost with a reload. */
  | "adrift"
  | "expired"
  | "claimed"
  | "done"
  | "given_up";

/** How long an agent that is there may take to claim a ticket. It does so before it asks anything. */
const PATIENCE_MS = 8_000;

/** The link of an operation, as long as the page has it. */
export interface Link {
  address: string;
  /** When it was clicked last, by this computer's clock. */
  openedAt: number | null;
}

/** What to show of an operation that was asked for at `heardAt`, milliseconds of this computer's clock. */
export function phaseOf({ state, expired }: OperationView, heardAt: number, link: Link | undefined): Phase {
  switch (state) {
    case "claimed":
    case "done":
      return state;
    case "rolled_back":
      return "given_up";
    case "offered":
      if (expired) {
        return "expired";
      }
      if (!link) {
        return "adrift";
      }
      if (link.openedAt === null) {
        return "ready";
      }
      // Not by the clock alone: a page in the background hears nothing, and it has to ask before it says so.
      return heardAt - link.openedAt < PATIENCE_MS ? "opening" : "absent";
  }
}

/** Is there nothing more to wait for? */
export function isOver({ state, expired }: OperationView): boolean {
  return state === "done" || state === "rolled_back" || expired;
}

/** How long until the page asks again, after so long a wait. Nobody waits yet where the link was not clicked. */
export function pollPause(waited: number | null): number {
  if (waited === null) {
    return 5_000;
  }
  return waited < 30_000 ? 1_500 : waited < 3 * 60_000 ? 3_000 : 6_000;
}
