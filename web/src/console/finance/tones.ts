import type { StatementRow } from "../../api/schema";
import type { Tone } from "../../design/tokens";

/** Whose turn a bill means: somebody's only while a difference is open. */
export function statementTone({ state, unhandled }: Pick<StatementRow, "state" | "unhandled">): Tone {
  switch (state) {
    case "waiting":
      return "ours";
    case "balanced":
      return "done";
    case "different":
      return unhandled > 0 ? "attention" : "over";
  }
}
