/** Texts in both languages, typed: an area's English must have exactly the keys of its Chinese. */
import type { Text } from "../api/schema";
import { type Language, useLanguage } from "./language";

export type Texts<T extends object> = Readonly<Record<Language, T>>;

/** The texts of an area in the language of the page. */
export function useTexts<T extends object>(texts: Texts<T>): T {
  return texts[useLanguage()];
}

/** Picks a text that the API gives in both languages. */
export function useLocal(): (text: Text) => string {
  const language = useLanguage();
  return (text) => text[language] || text.zh;
}
