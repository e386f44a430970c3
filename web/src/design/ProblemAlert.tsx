import { Alert, Button } from "antd";

import { ApiError, ConnectionError, UnreadableAnswer } from "../api/errors";
import type { FieldError } from "../api/schema";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/texts";
import css from "./design.module.css";

interface Props {
  /** What went wrong; nothing is shown for nothing. */
  error: unknown;
  /** Tries the same again, where that makes sense. */
  onRetry?: () => void;
  /** Wrong fields that no field of the page could show. */
  fields?: readonly FieldError[];
}

/** Says what went wrong and the way out, with the number to tell support. */
export function ProblemAlert({ error, onRetry, fields = [] }: Props) {
  const { problem, retry, list } = useTexts(common);
  if (error === null || error === undefined) {
    return null;
  }
  const body = error instanceof ApiError ? error.problem : undefined;
  const title =
    body?.title ??
    (error instanceof ConnectionError
      ? problem.connection
      : error instanceof UnreadableAnswer
        ? problem.unreadable
        : problem.unexpected);
  const more = body && (
    <div className={css.problem}>
      {body.detail && <p>{body.detail}</p>}
      {fields.length > 0 && <p>{fields.map((field) => `${field.field}: ${field.message}`).join(list)}</p>}
      <p className="small soft">
        {problem.requestId} <span className="mono">{body.requestId}</span>
      </p>
    </div>
  );
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={title}
      description={more}
      action={
        onRetry && (
          <Button size="small" onClick={onRetry}>
            {retry}
          </Button>
        )
      }
    />
  );
}
