import { Button } from "antd";
import { useEffect, useEffectEvent, useState } from "react";

import { challenge } from "../api/access";
import { access } from "../i18n/access";
import { useTexts } from "../i18n/texts";
import css from "./access.module.css";
import { ProblemAlert } from "./ProblemAlert";

/** A solved check is renewed after this time, so that whoever fills a long form never sends a stale one. */
const FRESH_MS = 4 * 60_000;

interface Props {
  /** The longer one, after the error `human_check_harder`. */
  hard?: boolean;
  /** A new number starts a new check: each request uses its payload up. */
  round?: number;
  /** The payload for the next request; undefined as long as there is none. */
  onSolved: (payload: string | undefined) => void;
  /** It did not come to a payload; the check itself says so and offers to do it again. */
  onFailed?: () => void;
}

/**
 * 人机验证: proves by a little work of the computer that somebody sits before it. Nothing to read, hear or click; no
 * foreign service.
 */
export function HumanCheck({ hard = false, round = 0, onSolved, onFailed }: Props) {
  // Who asks again by hand, or whose payload grew old, gets another check too.
  const [turn, setTurn] = useState(0);
  return (
    <Check
      key={`${String(hard)} ${String(round)} ${String(turn)}`}
      hard={hard}
      onSolved={onSolved}
      onFailed={onFailed}
      onAgain={() => setTurn(turn + 1)}
    />
  );
}

interface CheckProps {
  hard: boolean;
  onSolved: (payload: string | undefined) => void;
  onFailed: (() => void) | undefined;
  onAgain: () => void;
}

type Standing = { is: "working" } | { is: "solved" } | { is: "unsupported" } | { is: "failed"; error: unknown };

function Check({ hard, onSolved, onFailed, onAgain }: CheckProps) {
  const { human: words } = useTexts(access);
  const [standing, setStanding] = useState<Standing>({ is: "working" });
  const solved = useEffectEvent(onSolved);
  const failed = useEffectEvent(() => onFailed?.());
  const again = useEffectEvent(onAgain);
  useEffect(() => {
    const end = new AbortController();
    let stale: ReturnType<typeof setTimeout> | undefined;
    const work = async () => {
      try {
        // What does the work is loaded only now, beside the page.
        const [human, asked] = await Promise.all([import("./human"), challenge(hard)]);
        const payload = await human.solve(asked, end.signal).catch((error: unknown) => {
          if (error instanceof human.HumanCheckUnsupported) {
            return undefined;
          }
          throw error;
        });
        if (end.signal.aborted) {
          return;
        }
        if (payload === undefined) {
          setStanding({ is: "unsupported" });
          failed();
          return;
        }
        setStanding({ is: "solved" });
        solved(payload);
        stale = setTimeout(again, FRESH_MS);
      } catch (error) {
        if (!end.signal.aborted) {
          setStanding({ is: "failed", error });
          failed();
        }
      }
    };
    solved(undefined);
    void work();
    return () => {
      end.abort();
      clearTimeout(stale);
    };
  }, [hard]);
  return (
    <div className={css.human} role="group" aria-label={words.label}>
      <div className={css.humanLine} data-is={standing.is}>
        <span className={css.mark} aria-hidden="true" />
        <span className={css.humanName}>{words.label}</span>
        <span className="soft small" role="status" data-testid="human">
          {standing.is === "working" && (hard ? words.workingHard : words.working)}
          {standing.is === "solved" && words.solved}
          {standing.is === "failed" && words.failed}
          {standing.is === "unsupported" && words.unsupported}
        </span>
        {(standing.is === "failed" || standing.is === "unsupported") && (
          <Button size="small" disabled={false} onClick={onAgain}>
            {words.again}
          </Button>
        )}
      </div>
      {standing.is === "failed" && <ProblemAlert error={standing.error} />}
    </div>
  );
}
