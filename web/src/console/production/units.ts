import type { UnitView } from "../../api/schema";

/** Is it made, wherever it is? */
export function isMade({ state }: UnitView): boolean {
  return state === "made" || state === "handed_over";
}

/** How many are still to be made; one that is being written counts. */
export function waitingOf(units: readonly UnitView[]): number {
  return units.filter(({ state }) => state === "waiting" || state === "writing").length;
}
