import type { ErrorCode, FieldError, Problem } from "./schema";

export type ProblemBody = Problem;

/** The API said no, and why. */
export class ApiError extends Error {
  /** When it came: what it says about waiting runs from here. */
  readonly at = Date.now();

  constructor(readonly problem: Problem) {
    super(`${problem.code} (${problem.requestId})`);
    this.name = "ApiError";
  }

  get code(): ErrorCode {
    return this.problem.code;
  }
}

/** No answer came: offline, a broken line, or a timeout. */
export class ConnectionError extends Error {
  constructor(cause?: unknown) {
    super("no answer", { cause });
    this.name = "ConnectionError";
  }
}

/** An answer that is not ours: a gateway between, a page in the middle of a deploy. */
export class UnreadableAnswer extends Error {
  constructor(readonly status: number) {
    super(`unreadable answer, status ${String(status)}`);
    this.name = "UnreadableAnswer";
  }
}

/** The human check of the page came to no payload, so nothing was sent. The check itself says why. */
export class HumanCheckUnfinished extends Error {
  constructor() {
    super("the human check is not done");
    this.name = "HumanCheckUnfinished";
  }
}

export function unreadable(status: number): UnreadableAnswer {
  return new UnreadableAnswer(status);
}

export function hasCode(error: unknown, ...codes: ErrorCode[]): boolean {
  return error instanceof ApiError && codes.includes(error.code);
}

/** May the same call work a little later? */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof ConnectionError ||
    error instanceof UnreadableAnswer ||
    hasCode(error, "unavailable", "gateway_unavailable", "courier_unavailable", "too_many_requests")
  );
}

/** The wrong fields that an error names. */
export function fieldErrors(error: unknown): FieldError[] {
  return error instanceof ApiError ? (error.problem.errors ?? []) : [];
}
