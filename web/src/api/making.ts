/** What the console asks of the API to have keys made: the desks, their blank keys, and what is done at a desk. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answered, api, done } from "./client";
import type { At } from "./console";
import type { EscrowRequest, Medium, ScrapReason, StockRequest, StockState } from "./schema";

/** Gives a ticket with which the agent of this desk makes the keys of a line. */
export const offerMaking = (at: At) =>
  answered(api.POST("/api/console/production/{order}/{line}/operations", { params: { path: at } }));

/** Gives a ticket with which this computer becomes a desk. */
export const offerEnrolment = (name: string) => answered(api.POST("/api/console/desks", { body: { name } }));

export function deskOperationQuery(operation: string) {
  return queryOptions({
    queryKey: ["console", "operations", operation],
    queryFn: () => answered(api.GET("/api/console/operations/{operation}", { params: { path: { operation } } })),
    // Somebody who comes back from the agent's window wants to see what it did.
    staleTime: 0,
  });
}

/** Takes a ticket back. Refused once an agent has it. */
export const withdrawDeskOperation = (operation: string) =>
  answered(api.DELETE("/api/console/operations/{operation}", { params: { path: { operation } } }));

/** Gives a key up with its token; it is made anew. */
export const scrapUnit = (at: At, unit: { no: number; attempt: number }, reason: ScrapReason) =>
  answered(
    api.POST("/api/console/production/{order}/{line}/units/{unit}/scrap", {
      params: { path: { ...at, unit: unit.no } },
      body: { attempt: unit.attempt, reason },
    }),
  );

export const STOCK = ["console", "stock"] as const;

/** The keys of one state and medium; with each page comes how many blank ones there are. */
export function stockQuery(state: StockState, medium: Medium) {
  return infiniteQueryOptions({
    queryKey: [...STOCK, state, medium],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/api/console/stock", {
          params: { query: { query: { state, medium, ...(pageParam ? { cursor: pageParam } : {}) } } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.cursor,
  });
}

/** Those that are there already stay as they are. */
export const addStock = (body: StockRequest) => done(api.POST("/api/console/stock", { body }));
export const scrapStock = (serial: string, reason: ScrapReason) =>
  answered(api.POST("/api/console/stock/{serial}/scrap", { params: { path: { serial } }, body: { reason } }));

/** Takes SO PINs over, all of them or none; those of keys that are there and were never unlocked here are written over. */
export const addEscrow = (body: EscrowRequest) => done(api.POST("/api/console/escrow", { body }));

/** The place in a list that a wrong field names, written `keys.3.serial` or `keys[3].serial`; undefined for another field. */
export function placeIn(list: string, field: string): number | undefined {
  const [name, place] = field.split(/[.[\]]+/);
  return name === list && place !== undefined && /^\d+$/.test(place) ? Number(place) : undefined;
}

export const desksQuery = queryOptions({
  queryKey: ["console", "desks"],
  queryFn: () => answered(api.GET("/api/console/desks")),
});
/** It makes nothing any more, at once. */
export const dismissDesk = (desk: string) =>
  answered(api.DELETE("/api/console/desks/{desk}", { params: { path: { desk } } }));
