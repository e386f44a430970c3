/** A code that was sent, kept across reload: who looks for the message on the same phone may find the page reloaded. */
import { useState } from "react";

import type { CodeSent } from "../api/schema";
import { useDraft } from "./draft";

export interface Sent extends CodeSent {
  /** What the code belongs to, where that has a number of its own. */
  of: string;
}

const NONE: Sent = { of: "", code: "", channel: "sms", to: "", expires_at: "" };

/** The code in hand, if any; how to keep another one; how to forget it. Never the digits. */
export function useSent(key: string): [Sent | undefined, (sent: CodeSent, of?: string) => void, () => void] {
  const [sent, keep, drop] = useDraft(key, NONE);
  const [opened] = useState(Date.now);
  const live = sent.code !== "" && Date.parse(sent.expires_at) > opened;
  return [
    live ? sent : undefined,
    (next, of = "") => keep({ ...next, of }),
    () => {
      keep(NONE);
      drop();
    },
  ];
}
