/** What a page shows while it has nothing to show yet, or nothing at all. */
import type { ReactNode } from "react";

import { common } from "../i18n/common";
import { useTexts } from "../i18n/texts";
import css from "./design.module.css";
import { ProblemAlert } from "./ProblemAlert";

export function Loading() {
  const { loading } = useTexts(common);
  return (
    <div className={css.panel} role="status" aria-label={loading} data-testid="loading">
      {["40%", "100%", "85%", "60%"].map((width) => (
        <span key={width} className={css.bar} style={{ width }} />
      ))}
    </div>
  );
}

export function Empty({ text, children }: { text: string; children?: ReactNode }) {
  return (
    <div className={css.blank}>
      <p>{text}</p>
      {children}
    </div>
  );
}

interface Asked<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

/**
 * Shows what was asked for; until then that it loads, and if that fails why. Old data stays on the page when only its
 * renewal failed.
 */
export function Loaded<T>({ of, children }: { of: Asked<T>; children: (data: T) => ReactNode }) {
  const renewal = of.error ? <ProblemAlert error={of.error} onRetry={() => void of.refetch()} /> : null;
  if (of.data === undefined) {
    return renewal ?? <Loading />;
  }
  return (
    <>
      {renewal}
      {children(of.data)}
    </>
  );
}
