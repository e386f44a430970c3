/** Tickets for the agent beside a key, and how what it does with them stands. No part of what every visit loads. */
import { queryOptions } from "@tanstack/react-query";

import { answered, api } from "./client";
import type { TicketRequest } from "./schema";

/** Gives a ticket, with the address at which the agent opens it. */
export const offerOperation = (body: TicketRequest) => answered(api.POST("/api/operations", { body }));

export function operationQuery(operation: string) {
  return queryOptions({
    queryKey: ["operations", operation],
    queryFn: () => answered(api.GET("/api/operations/{operation}", { params: { path: { operation } } })),
    // Somebody who comes back from the agent's window wants to see what it did.
    staleTime: 0,
  });
}

/** Takes a ticket back. Refused once an agent has it. */
export const withdrawOperation = (operation: string) =>
  answered(api.DELETE("/api/operations/{operation}", { params: { path: { operation } } }));
