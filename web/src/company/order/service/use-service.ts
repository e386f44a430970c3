/** What an order's lines wait to have done with a key. Small: the panels themselves come when they are wanted. */
import { useState } from "react";

import { operationQuery, withdrawOperation } from "../../../api/agent";
import type { LineView, OrderView, TicketView } from "../../../api/schema";
import { offerService } from "../../../api/service";
import { type Agent, useAgent } from "../../../agent/use-agent";

/** A line that is done with the company's own key. */
export type ServiceLine = LineView & { key: NonNullable<LineView["key"]> };

/** Is it now for the company to plug its key in? */
export function isWaiting(line: LineView): line is ServiceLine {
  const { display, plan, product, key } = line;
  const isService = product.kind === "renewal" || product.kind === "unlock";
  return display === "awaiting_agent" && plan.make === "agent" && isService && Boolean(key);
}

export interface Service {
  /** Asked for by the line's number. */
  agent: Agent<number>;
  /** The line for which the ID-card number is asked for. */
  asking: ServiceLine | undefined;
  begin: (line: ServiceLine) => void;
  /** The ticket that came for the ID-card number. */
  take: (ticket: TicketView) => void;
  stop: () => void;
}

export function useService({ id, lines }: OrderView): Service {
  const [asking, setAsking] = useState<number>();
  const agent = useAgent<number>({
    offer: (line) => offerService(id, line),
    query: operationQuery,
    withdraw: withdrawOperation,
  });
  return {
    agent,
    asking: lines.filter(isWaiting).find(({ no }) => no === asking),
    begin: ({ no, product }) => {
      if (product.kind === "unlock") {
        agent.close();
        setAsking(no);
      } else {
        agent.ask(no);
      }
    },
    take: (ticket) => {
      setAsking(undefined);
      agent.take(ticket);
    },
    stop: () => setAsking(undefined),
  };
}
