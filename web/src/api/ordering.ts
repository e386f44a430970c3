/** What an order asks of the API before it is submitted, and the company's keys. No part of what every visit loads. */
import { queryOptions } from "@tanstack/react-query";

import { answered, api } from "./client";
import { STOREFRONT } from "./company";
import { once } from "./once";
import type { DisplayState, DraftRequest, ProductKind, QuoteRequest, ReplacementReason } from "./schema";

export function quoteQuery(request: QuoteRequest | undefined) {
  return queryOptions({
    queryKey: ["quote", request],
    queryFn: () =>
      answered(api.POST("/api/quotes", { body: request ?? { storefront: STOREFRONT, lines: [], urgency: "none" } })),
    enabled: request !== undefined,
    placeholderData: (before) => before,
  });
}

/** The newest orders in one state: enough to say what waits. */
export function newestQuery(state: DisplayState) {
  return queryOptions({
    queryKey: ["orders", "list", "newest", state],
    queryFn: () => answered(api.GET("/api/orders", { params: { query: { query: { state } } } })),
  });
}

export const keysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: () => answered(api.GET("/api/keys")),
});

/** Certificate and seal are suspended at once. */
export const reportLoss = (serial: string, reason: ReplacementReason) =>
  answered(api.POST("/api/keys/{serial}/loss", { params: { path: { serial } }, body: { reason } }));

/** Takes that back: the key was found, and certificate and seal count again. */
export const reportFound = (serial: string) =>
  answered(api.POST("/api/keys/{serial}/found", { params: { path: { serial } } }));

/** The newest orders with a product of this kind. */
export function newestOfKindQuery(kind: ProductKind) {
  return queryOptions({
    queryKey: ["orders", "list", "newest-of", kind],
    queryFn: () => answered(api.GET("/api/orders", { params: { query: { query: { kind } } } })),
  });
}

/** The same `key` makes no second order; it answers the first one again. */
export const createOrder = (body: DraftRequest, key: string) =>
  answered(api.POST("/api/orders", { body, headers: once(key) }));
export const changeOrder = (order: string, body: DraftRequest) =>
  answered(api.PUT("/api/orders/{order}", { params: { path: { order } }, body }));
