import { Button, Input } from "antd";
import { useEffect, useId, useState } from "react";

import type { CodeSent } from "../api/schema";
import { access } from "../i18n/access";
import { useTexts } from "../i18n/texts";
import css from "./access.module.css";
import { useTimes } from "./time";

/** Messages take a while; before this nobody asks for another. */
const RESEND_MS = 60_000;

interface Props {
  /** The code that was sent. */
  sent: CodeSent;
  id?: string;
  value?: string;
  onChange?: (value: string) => void;
  /** Sends another; without it there is no such button. */
  onResend?: () => void;
  resending?: boolean;
  /** Says only that the code is sent if what was typed is right: the answer must not tell whom we know. */
  maybe?: boolean;
  autoFocus?: boolean;
  /** What a form's item says about its field. */
  "aria-describedby"?: string;
  "aria-invalid"?: "true" | "false" | boolean;
  "aria-required"?: "true" | "false" | boolean;
}

/** Six digits that came by message: where they went, until when they work, and how to get others. A form item's field. */
export function CodeField({
  sent,
  id,
  value,
  onChange,
  onResend,
  resending = false,
  maybe = false,
  autoFocus = false,
  ...aria
}: Props) {
  const { code: words } = useTexts(access);
  const { time } = useTimes();
  const about = useId();
  return (
    <div className={css.code}>
      <p id={about} className="small soft">
        {(maybe ? words.maybe : words.sent)[sent.channel](sent.to)} {words.until(time(sent.expires_at))}
      </p>
      <div className={css.codeLine}>
        <Input
          {...aria}
          id={id}
          className={css.digits}
          value={value}
          onChange={(event) => onChange?.(digits(event.target.value))}
          aria-describedby={[aria["aria-describedby"], about].filter(Boolean).join(" ")}
          aria-label={id === undefined ? words.label : undefined}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={12}
          autoFocus={autoFocus}
          size="large"
        />
        {onResend && <Resend key={sent.code} onResend={onResend} resending={resending} />}
      </div>
    </div>
  );
}

/** Only digits, as they are often pasted with blanks or typed in full width. */
function digits(typed: string): string {
  return typed.normalize("NFKC").replace(/\D/g, "").slice(0, 6);
}

function Resend({ onResend, resending }: { onResend: () => void; resending: boolean }) {
  const { code: words } = useTexts(access);
  const [since] = useState(Date.now);
  const [now, setNow] = useState(since);
  const left = Math.max(0, Math.ceil((since + RESEND_MS - now) / 1000));
  useEffect(() => {
    if (left > 0) {
      const timer = setInterval(() => setNow(Date.now()), 1000);
      return () => clearInterval(timer);
    }
    return undefined;
  }, [left]);
  return (
    <Button size="large" onClick={onResend} loading={resending} disabled={left > 0 || resending}>
      {left > 0 ? words.resendIn(left) : words.resend}
    </Button>
  );
}
