/** Names and values of the fields of a company's file, as history and conflicts show them. */
import type { QualificationState } from "../api/schema";
import { record } from "../i18n/file";
import { useTexts } from "../i18n/texts";
import type { Tone } from "./tokens";

/** Whose turn it is, as with orders. */
export const QUALIFICATION_TONES: Record<QualificationState, Tone> = {
  open: "yours",
  submitted: "ours",
  changes_requested: "attention",
  approved: "done",
};

/** A part of the file; names mean different things in each. */
export type FileArea = "basics" | "contact" | "title" | "address" | "person";

export interface FileWords {
  /** The name of a field; one that is not known is shown as it is. */
  label: (area: FileArea, path: string) => string;
  /** Its value in words. */
  value: (path: string, value: string | boolean) => string;
  /** What became of it. */
  change: (area: FileArea, path: string, from: string | boolean, to: string | boolean) => string;
}

export function useFileWords(): FileWords {
  const words = useTexts(record);
  const label: FileWords["label"] = (area, path) => {
    const known: Record<string, string | undefined> = words.field[area];
    // `contact.mobile` and `address.detail` say their part themselves.
    return known[path] ?? known[path.replace(/^(contact|address)\./, "")] ?? path;
  };
  const shown: FileWords["value"] = (path, value) => {
    if (typeof value === "boolean") {
      return value ? words.yes : words.no;
    }
    if (path === "is_default" || path === "main") {
      return value === "true" ? words.yes : value === "false" ? words.no : value;
    }
    const kinds: Record<string, string | undefined> = words.titleKind;
    return path === "kind" ? (kinds[value] ?? value) : value;
  };
  return {
    label,
    value: shown,
    change: (area, path, from, to) => {
      const [name, before, after] = [label(area, path), shown(path, from), shown(path, to)];
      return before === ""
        ? words.filled(name, after)
        : after === ""
          ? words.cleared(name, before)
          : words.change(name, before, after);
    },
  };
}
