import { agentTexts, type AgentWords } from "../../i18n/agent";
import { makingTexts } from "../../i18n/making";
import { useTexts } from "../../i18n/texts";

/** What the panel of an operation says at a desk. */
export function useDeskWords(): AgentWords {
  const all = useTexts(agentTexts);
  const { agent } = useTexts(makingTexts);
  return { ...all, ...agent };
}
