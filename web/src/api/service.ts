/** What is done with a key for a paid line of an order: its renewal, its unlocking. No part of what every visit loads. */
import { answered, api } from "./client";

/** Gives a ticket for a line that waits for the agent; an unlock also asks for the ID-card number on file (R31). */
export const offerService = (order: string, line: number, idNumber?: string) =>
  answered(
    api.POST("/api/orders/{order}/lines/{line}/operations", {
      params: { path: { order, line } },
      body: idNumber === undefined ? {} : { id_number: idNumber },
    }),
  );

/** Confirms the digits that the agent on the person's own screen shows. */
export const confirmOperation = (operation: string, code: string) =>
  answered(api.POST("/api/operations/{operation}/confirmation", { params: { path: { operation } }, body: { code } }));
