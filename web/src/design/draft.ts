/** What was typed, kept in the tab across reload and login. Never for passwords. */
import { useCallback, useState } from "react";

const PREFIX = "sealkey:draft:";

/** What is stored, over what a fresh page begins with. */
export function readDraft<T extends object>(key: string, initial: T): T {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(PREFIX + key) ?? "null");
    if (typeof stored !== "object" || stored === null) {
      return initial;
    }
    // Only what still has the form of today's page: a deploy may have come in between.
    const fits = Object.entries(stored).filter(
      ([name, value]) => name in initial && typeof value === typeof initial[name as keyof T],
    );
    return { ...initial, ...Object.fromEntries(fits) };
  } catch {
    return initial;
  }
}

/** Stores what was typed; without storage it holds as long as the page. */
export function storeDraft(key: string, draft: object): void {
  try {
    sessionStorage.setItem(PREFIX + key, JSON.stringify(draft));
  } catch {
    // storage switched off or full
  }
}

export function dropDraft(key: string): void {
  try {
    sessionStorage.removeItem(PREFIX + key);
  } catch {
    // storage switched off
  }
}

export function useDraft<T extends object>(key: string, initial: T): [T, (draft: T) => void, () => void] {
  const [draft, setDraft] = useState(() => readDraft(key, initial));
  const keep = useCallback(
    (next: T) => {
      setDraft(next);
      storeDraft(key, next);
    },
    [key],
  );
  const forget = useCallback(() => dropDraft(key), [key]);
  return [draft, keep, forget];
}

/** At logout: the next person at this computer must not see it. */
export function forgetDrafts(): void {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(PREFIX)) {
      sessionStorage.removeItem(key);
    }
  }
}
