/** What the company side asks of the API. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answered, api } from "./client";
import { hasCode } from "./errors";
import { SESSION } from "./query";
import type {
  DisplayState,
  MaterialsRequest,
  PaperUploadRequest,
  PaymentRequest,
  ProductKind,
  SessionView,
} from "./schema";

/** The storefront that the site begins with. */
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

/** What a storefront sells, and how. */
export function catalogQuery(storefront: string) {
  return queryOptions({
    queryKey: ["catalog", storefront],
    queryFn: () => answered(api.GET("/api/catalog/{storefront}", { params: { path: { storefront } } })),
    staleTime: 60_000,
  });
}

/** Which orders to list; what is absent does not filter. Days of China, `YYYY-MM-DD`. */
export interface OrderFilter {
  state?: DisplayState;
  kind?: ProductKind;
  from?: string;
  to?: string;
}

export function ordersQuery(filter: OrderFilter = {}) {
  return infiniteQueryOptions({
    queryKey: ["orders", "list", filter],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/api/orders", {
          params: { query: { query: { ...filter, ...(pageParam && { cursor: pageParam }) } } },
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

export const submitOrder = (order: string) =>
  answered(api.POST("/api/orders/{order}/submit", { params: { path: { order } } }));
/** Takes a submitted order back, to change it. */
export const withdrawOrder = (order: string) =>
  answered(api.POST("/api/orders/{order}/withdraw", { params: { path: { order } } }));
export const cancelOrder = (order: string) =>
  answered(api.POST("/api/orders/{order}/cancel", { params: { path: { order } } }));

/** Says that the company has the keys of a line. */
export const confirmReceipt = (order: string, line: number) =>
  answered(api.POST("/api/orders/{order}/lines/{line}/receipt", { params: { path: { order, line } } }));

export const startPayment = (order: string, body: PaymentRequest) =>
  answered(api.POST("/api/orders/{order}/payments", { params: { path: { order } }, body }));

export const announcePaper = (order: string, line: number, body: PaperUploadRequest) =>
  answered(api.POST("/api/orders/{order}/lines/{line}/papers", { params: { path: { order, line } }, body }));
export const submitMaterials = (order: string, line: number, body: MaterialsRequest) =>
  answered(api.POST("/api/orders/{order}/lines/{line}/materials", { params: { path: { order, line } }, body }));
