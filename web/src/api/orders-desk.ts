/** What staff ask of the API about orders as a whole, the catalogue, the policies and keys that are fetched. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answered, api } from "./client";
import type { At } from "./console";
import type { ExitRequest, ProductRequest, ReturnRequest } from "./schema";

const ORDERS = ["console", "orders"] as const;
const CATALOG = ["console", "catalog"] as const;
const PICKUPS = ["console", "pickups"] as const;

/** An order goes on by itself while it is looked at. */
const ORDER_RENEWAL_MS = 15_000;

/** The files of the version that runs: they do not change while a page is open. */
export const policiesQuery = queryOptions({
  queryKey: ["console", "policies"],
  queryFn: () => answered(api.GET("/api/console/policies")),
  staleTime: 300_000,
});

export function consoleCatalogQuery(storefront: string) {
  return queryOptions({
    queryKey: [...CATALOG, storefront],
    queryFn: () => answered(api.GET("/api/console/catalog/{storefront}", { params: { path: { storefront } } })),
  });
}

/** What anybody can buy there now. */
export function offeredQuery(storefront: string) {
  return queryOptions({
    queryKey: ["console", "offered", storefront],
    queryFn: () => answered(api.GET("/api/catalog/{storefront}", { params: { path: { storefront } } })),
    staleTime: 60_000,
  });
}

export const SEARCH_KEYS = ["order", "company", "serial", "waybill"] as const;
export type SearchKey = (typeof SEARCH_KEYS)[number];

/** Exactly one of the keys: the API refuses more. */
export interface Search {
  by: SearchKey;
  text: string;
}

export function orderSearchQuery({ by, text }: Search) {
  return infiniteQueryOptions({
    queryKey: [...ORDERS, "search", by, text],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/api/console/orders", {
          params: { query: { query: { [by]: text, ...(pageParam && { cursor: pageParam }) } } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.cursor,
    enabled: text !== "",
  });
}

export function consoleOrderQuery(order: string) {
  return queryOptions({
    queryKey: [...ORDERS, "one", order],
    queryFn: () => answered(api.GET("/api/console/orders/{order}", { params: { path: { order } } })),
    refetchInterval: ORDER_RENEWAL_MS,
  });
}

export function pickupQuery(at: At) {
  return queryOptions({
    queryKey: [...PICKUPS, at.order, at.line],
    queryFn: () => answered(api.GET("/api/console/pickups/{order}/{line}", { params: { path: at } })),
  });
}

export const changeProduct = (storefront: string, sku: string, body: ProductRequest) =>
  answered(api.PUT("/api/console/catalog/{storefront}/{sku}", { params: { path: { storefront, sku } }, body }));

export const returnToReview = (at: At, body: ReturnRequest) =>
  answered(api.POST("/api/console/orders/{order}/lines/{line}/return", { params: { path: { ...at } }, body }));
export const askExit = (at: At, body: ExitRequest) =>
  answered(api.POST("/api/console/orders/{order}/lines/{line}/exit", { params: { path: { ...at } }, body }));
export const withdrawExit = (at: At) =>
  answered(api.DELETE("/api/console/orders/{order}/lines/{line}/exit", { params: { path: { ...at } } }));
export const agreeExit = (at: At) =>
  answered(api.POST("/api/console/orders/{order}/lines/{line}/exit/agree", { params: { path: { ...at } } }));

export const pickedUp = (at: At) =>
  answered(api.POST("/api/console/pickups/{order}/{line}/picked-up", { params: { path: at } }));
