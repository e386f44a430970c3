import { type ReactNode, useRef, useState } from "react";

import { hasCode, HumanCheckUnfinished } from "../api/errors";
import { HumanCheck } from "./HumanCheck";

interface Human {
  /** The check itself, to stand above the button that sends. */
  check: ReactNode;
  /** Sends a request with a payload, as soon as there is one. What it throws is what the request threw. */
  run: <T>(send: (payload: string) => Promise<T>) => Promise<T>;
}

interface Waiting {
  resolve: (payload: string) => void;
  reject: (reason: Error) => void;
}

/**
 * A human check for the requests of a form. Each payload is used once; after a request that failed the next check begins
 * at once. Where the API asks for another check, or a longer one, that is done and sent without anybody pressing again.
 *
 * `lazily`: begins only with the first request, for what most people never press.
 */
export function useHumanCheck({ lazily = false }: { lazily?: boolean } = {}): Human {
  const [round, setRound] = useState(0);
  const [hard, setHard] = useState(false);
  const [shown, setShown] = useState(!lazily);
  const payload = useRef<string>(undefined);
  // No payload will come of the present round: it is used up or failed.
  const over = useRef(false);
  const waiting = useRef<Waiting>(undefined);

  const next = () => {
    over.current = false;
    payload.current = undefined;
    setRound((before) => before + 1);
  };
  const take = () =>
    new Promise<string>((resolve, reject) => {
      if (over.current) {
        next();
      }
      if (payload.current === undefined) {
        waiting.current = { resolve, reject };
        setShown(true);
      } else {
        resolve(payload.current);
      }
    });
  const once = async <T,>(send: (payload: string) => Promise<T>) => {
    const taken = await take();
    payload.current = undefined;
    over.current = true;
    return send(taken);
  };
  const run = async <T,>(send: (payload: string) => Promise<T>) => {
    try {
      return await once(send).catch((error: unknown) => {
        if (!hasCode(error, "human_check_failed", "human_check_harder")) {
          throw error;
        }
        setHard((before) => before || hasCode(error, "human_check_harder"));
        return once(send);
      });
    } catch (error) {
      if (!(error instanceof HumanCheckUnfinished)) {
        next();
      }
      throw error;
    }
  };
  const check = shown && (
    <HumanCheck
      hard={hard}
      round={round}
      onSolved={(solved) => {
        over.current = false;
        payload.current = solved;
        if (solved !== undefined) {
          waiting.current?.resolve(solved);
          waiting.current = undefined;
        }
      }}
      onFailed={() => {
        over.current = true;
        waiting.current?.reject(new HumanCheckUnfinished());
        waiting.current = undefined;
      }}
    />
  );
  return { check, run };
}
