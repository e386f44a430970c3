import { useEffect, useState } from "react";

import { common } from "../i18n/common";
import { useTexts } from "../i18n/texts";
import css from "./design.module.css";

/** How long it says that it was copied. */
const COPIED_MS = 2_000;

interface Props {
  text: string;
  /** What it is, for screen readers. */
  label: string;
}

/** A number that people carry elsewhere, with a button to copy it. */
export function CopyText({ text, label }: Props) {
  const { copy, copied } = useTexts(common);
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (isCopied) {
      const timer = setTimeout(() => setCopied(false), COPIED_MS);
      return () => clearTimeout(timer);
    }
  }, [isCopied]);
  return (
    <span className={css.copyText}>
      <span className="mono">{text}</span>{" "}
      <button
        type="button"
        className={css.copy}
        aria-label={isCopied ? copied : `${copy}: ${label} ${text}`}
        onClick={() =>
          // Without the right to it nothing happens; the text can be marked by hand.
          void navigator.clipboard.writeText(text).then(
            () => setCopied(true),
            () => setCopied(false),
          )
        }
      >
        {isCopied ? copied : copy}
      </button>
    </span>
  );
}
