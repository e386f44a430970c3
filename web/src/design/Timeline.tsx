import type { ReactNode } from "react";

import css from "./design.module.css";

/** What happened, the newest first. */
export function Timeline({ entries }: { entries: readonly { key: string; text: ReactNode; beside: ReactNode }[] }) {
  return (
    <ol className={css.timeline}>
      {entries.map(({ key, text, beside }) => (
        <li key={key}>
          <div>{text}</div>
          <div className="small soft">{beside}</div>
        </li>
      ))}
    </ol>
  );
}
