import { Alert, Button } from "antd";
import { useEffect, useState } from "react";
import { Link } from "react-router";

import { ApiError, ConnectionError, HumanCheckUnfinished, UnreadableAnswer } from "../api/errors";
import type { ErrorCode, FieldError } from "../api/schema";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/texts";
import css from "./design.module.css";
import { formatLeft } from "./time";

/** Where an error is put right, when that is another page. */
const WAYS_OUT = {
  qualification_required: "/company/qualification",
  key_login_required: "/unbind",
} as const satisfies Partial<Record<ErrorCode, string>>;

interface Props {
  /** What went wrong; nothing is shown for nothing. */
  error: unknown;
  /** Tries the same again, where that makes sense. */
  onRetry?: () => void;
  /** Wrong fields that no field of the page could show. */
  fields?: readonly FieldError[];
}

/** Says what went wrong and the way out, how long to wait where one has to, and the number to tell support. */
export function ProblemAlert({ error, onRetry, fields = [] }: Props) {
  const { problem, retry, list } = useTexts(common);
  if (error === null || error === undefined || error instanceof HumanCheckUnfinished) {
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
  const way = body && isWay(body.code) ? body.code : undefined;
  const more = body && (
    <div className={css.problem}>
      {body.detail && <p>{body.detail}</p>}
      {error instanceof ApiError && Boolean(body.retryAfter) && (
        <Wait key={body.requestId} until={error.at + 1000 * (body.retryAfter ?? 0)} />
      )}
      {way && (
        <p>
          <Link to={WAYS_OUT[way]}>{problem.waysOut[way]}</Link>
        </p>
      )}
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

function isWay(code: ErrorCode): code is keyof typeof WAYS_OUT {
  return code in WAYS_OUT;
}

/** How long to wait: said once in words, counted down for the eye only, and said again when it is over. */
function Wait({ until }: { until: number }) {
  const { problem } = useTexts(common);
  const [begun] = useState(Date.now);
  const [now, setNow] = useState(begun);
  const left = until - now;
  const over = left <= 0;
  useEffect(() => {
    if (over) {
      return undefined;
    }
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [over]);
  if (over) {
    return <p>{problem.waitOver}</p>;
  }
  const seconds = Math.ceil((until - begun) / 1000);
  return (
    <p>
      {seconds < 60 ? problem.waitSeconds(seconds) : problem.waitMinutes(Math.ceil(seconds / 60))}{" "}
      <span className={css.left} aria-hidden="true">
        {problem.waitLeft(formatLeft(left))}
      </span>
    </p>
  );
}
