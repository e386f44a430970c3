/** Which steps a line goes through, and which one is going on: from its plan, never from the storefront's name. */
import type { DisplayState, LineState, LineView, OrderView } from "../../api/schema";

export type Step =
  | "papers"
  | "submit"
  | "pay"
  | "materials"
  | "review"
  | "make"
  | "ship"
  | "pickup"
  | "receipt"
  | "agent"
  | "lines"
  | "done";

type Plan = LineView["plan"];

/** The steps of a plan, in their order. */
export function stepsOf({ materials, make, handover, receipt_days }: Plan): Step[] {
  return [
    ...(materials === "before_submit" ? (["papers"] as const) : []),
    "submit",
    "pay",
    ...(materials === "after_payment" ? (["materials"] as const) : []),
    ...(materials ? (["review"] as const) : []),
    make === "agent" ? "agent" : "make",
    ...(handover === "courier" ? (["ship"] as const) : handover === "branch" ? (["pickup"] as const) : []),
    ...(receipt_days ? (["receipt"] as const) : []),
    "done",
  ];
}

/** What stands in an order whose lines go different ways. */
const MIXED: readonly Step[] = ["submit", "pay", "lines", "done"];

interface Stand {
  display: DisplayState;
  state: LineState;
  papersComplete: boolean;
}

/** The step that is going on; none when there is no going on. */
function stepOf({ display, state, papersComplete }: Stand): Step | undefined {
  switch (display) {
    case "draft":
      return papersComplete ? "submit" : "papers";
    case "awaiting_payment":
    case "submitted":
      return "pay";
    case "awaiting_materials":
    case "changes_requested":
      return "materials";
    case "under_review":
      return "review";
    case "in_production":
      return "make";
    case "handling":
      return state === "ready_for_pickup" ? "pickup" : "make";
    case "awaiting_agent":
      return "agent";
    case "shipped":
      return "ship";
    case "awaiting_receipt":
      return "receipt";
    case "completed":
    case "refunding":
    case "refunded":
    case "cancelled":
      return undefined;
  }
}

/** Steps with the place of the one that is going on; past the last when all is done. */
export interface Way {
  steps: readonly Step[];
  now: number;
}

function way(steps: readonly Step[], step: Step | undefined, display: DisplayState): Way {
  const mixed = steps === MIXED;
  const at = step && (mixed && !steps.includes(step) ? "lines" : step);
  const place = at === "papers" && mixed ? 0 : at ? steps.indexOf(at) : -1;
  return { steps, now: display === "completed" ? steps.length : place };
}

/** Lines that somebody chose: the others are made by the system, and go as far as those. */
export function chosenLines({ lines }: OrderView): LineView[] {
  return lines.filter((line) => !line.carried_from);
}

/** Do the lines of an order go different ways? Then each shows its own. */
export function isMixed(order: OrderView): boolean {
  const [first, ...others] = chosenLines(order).map(({ plan }) => stepsOf(plan).join());
  return others.some((steps) => steps !== first);
}

/** The way of a whole order. */
export function orderWay(order: OrderView): Way {
  const lines = chosenLines(order);
  const shown = lines.find(({ display }) => display === order.display) ?? lines[0];
  const step = stepOf({
    display: order.display,
    state: shown?.state ?? "awaiting_materials",
    papersComplete: order.lines.every((line) => !needsPapers(line)),
  });
  const steps = isMixed(order) || !shown ? MIXED : stepsOf(shown.plan);
  return way(steps, step, order.display);
}

/** The way of one line. */
export function lineWay(line: LineView): Way {
  const { display, state } = line;
  return way(stepsOf(line.plan), stepOf({ display, state, papersComplete: !needsPapers(line) }), display);
}

/** Are papers part of the draft here, and not complete yet? */
export function needsPapers({ plan, papers_complete }: LineView): boolean {
  return plan.materials === "before_submit" && !papers_complete;
}

/** What is to be done with the papers of a draft's line: the name of the words for it. */
export function papersDeed(line: LineView): "fillIn" | "complete" | "replace" {
  return !line.basic ? "fillIn" : needsPapers(line) && line.refusals.length === 0 ? "complete" : "replace";
}
