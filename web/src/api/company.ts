/** What the company side asks of the API. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answered, api } from "./client";
import { hasCode } from "./errors";
import { SESSION } from "./query";
import type {
  DisplayState,
  DraftRequest,
  MaterialsRequest,
  PaperUploadRequest,
  PaymentRequest,
  QuoteRequest,
  SessionView,
} from "./schema";

/** The storefront that this site shows. */
export const STOREFRONT = "mall";

/** Who is logged in; null for nobody. */
export const sessionQuery = queryOptions({
  queryKey: SESSION,
  queryFn: async (): Promise<SessionView | null> => {
    try {
      return await answered(api.GET("/api/session"));
    } catch (error) {
      if (hasCode(error, "login_required")) {
        return null;
      }
      throw error;
    }
  },
  staleTime: 60_000,
});

export const catalogQuery = queryOptions({
  queryKey: ["catalog", STOREFRONT],
  queryFn: () => answered(api.GET("/api/catalog/{storefront}", { params: { path: { storefront: STOREFRONT } } })),
  staleTime: 60_000,
});

export function quoteQuery(request: QuoteRequest | undefined) {
  return queryOptions({
    queryKey: ["quote", request],
    queryFn: () =>
      answered(api.POST("/api/quotes", { body: request ?? { storefront: STOREFRONT, lines: [], urgency: "none" } })),
    enabled: request !== undefined,
    placeholderData: (before) => before,
  });
}

export function ordersQuery(state?: DisplayState) {
  return infiniteQueryOptions({
    queryKey: ["orders", state ?? "all"],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/api/orders", {
          params: { query: { query: { ...(state && { state }), ...(pageParam && { cursor: pageParam }) } } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.cursor,
  });
}

const orderKey = (order: string) => ["orders", "one", order] as const;

export function orderQuery(order: string) {
  return queryOptions({
    queryKey: orderKey(order),
    queryFn: () => answered(api.GET("/api/orders/{order}", { params: { path: { order } } })),
  });
}

export function historyQuery(order: string) {
  return queryOptions({
    queryKey: [...orderKey(order), "history"],
    queryFn: () => answered(api.GET("/api/orders/{order}/history", { params: { path: { order } } })),
  });
}

export function paymentQuery(order: string) {
  return queryOptions({
    queryKey: [...orderKey(order), "payment"],
    // The moment of the answer, to count down by the server's clock and not by this one's.
    queryFn: async () => {
      const view = await answered(api.GET("/api/orders/{order}/payments", { params: { path: { order } } }));
      return { view, ahead: Date.parse(view.now) - Date.now() };
    },
  });
}

export const createOrder = (body: DraftRequest) => answered(api.POST("/api/orders", { body }));
export const changeOrder = (order: string, body: DraftRequest) =>
  answered(api.PUT("/api/orders/{order}", { params: { path: { order } }, body }));
export const submitOrder = (order: string) =>
  answered(api.POST("/api/orders/{order}/submit", { params: { path: { order } } }));
export const cancelOrder = (order: string) =>
  answered(api.POST("/api/orders/{order}/cancel", { params: { path: { order } } }));

export const startPayment = (order: string, body: PaymentRequest) =>
  answered(api.POST("/api/orders/{order}/payments", { params: { path: { order } }, body }));

export const announcePaper = (order: string, line: number, body: PaperUploadRequest) =>
  answered(api.POST("/api/orders/{order}/lines/{line}/papers", { params: { path: { order, line } }, body }));
export const submitMaterials = (order: string, line: number, body: MaterialsRequest) =>
  answered(api.POST("/api/orders/{order}/lines/{line}/materials", { params: { path: { order, line } }, body }));
