import { offerOperation, operationQuery, withdrawOperation } from "../../api/agent";
import type { Verb } from "../../api/schema";
import { type Agent as AnyAgent, type Tickets, useAgent as useAnyAgent } from "../../agent/use-agent";

/** What a company wants of the agent. */
export interface Asked {
  verb: Verb;
  /** The key that it must be; none when any of the company's will do. */
  serial: string | null;
}

export type Agent = AnyAgent<Asked>;

const TICKETS: Tickets<Asked> = {
  offer: ({ verb, serial }) => offerOperation({ verb, key_serial: serial }),
  query: operationQuery,
  withdraw: withdrawOperation,
};

export function useAgent(): Agent {
  return useAnyAgent(TICKETS);
}
