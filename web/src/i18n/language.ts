/** The language of the page: chosen once, remembered, known to document, API and Ant Design alike. */
import { useSyncExternalStore } from "react";

export const LANGUAGES = ["zh", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

const KEY = "sealkey:language";
const TAGS: Record<Language, string> = { zh: "zh-CN", en: "en" };

let current: Language = remembered();
const listeners = new Set<() => void>();

function remembered(): Language {
  try {
    return localStorage.getItem(KEY) === "en" ? "en" : "zh";
  } catch {
    return "zh"; // storage switched off
  }
}

/** The language tag for headers and `lang`. */
export function currentLanguage(): string {
  return TAGS[current];
}

export function setLanguage(language: Language): void {
  current = language;
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // storage switched off: it holds until the page is left
  }
  markDocument();
  for (const listener of listeners) {
    listener();
  }
}

/** Tells the document which language it is in. */
export function markDocument(): void {
  document.documentElement.lang = TAGS[current];
}

export function useLanguage(): Language {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
