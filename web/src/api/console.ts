/** What the console asks of the API. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answered, api, done } from "./client";
import { hasCode } from "./errors";
import { STAFF_SESSION } from "./query";
import type { ApproveRequest, RejectRequest, StaffLoginRequest, StaffSessionView } from "./schema";

/** A queue shows the work of colleagues too, so it is renewed while it is looked at. */
const QUEUE_RENEWAL_MS = 15_000;

/** Which member of staff is logged in; null for nobody. */
export const staffSessionQuery = queryOptions({
  queryKey: STAFF_SESSION,
  queryFn: async (): Promise<StaffSessionView | null> => {
    try {
      return await answered(api.GET("/api/console/session"));
    } catch (error) {
      if (hasCode(error, "login_required")) {
        return null;
      }
      throw error;
    }
  },
  staleTime: 60_000,
});

export type Desk = "reviews" | "production" | "shipping" | "pickups";

const PATHS = {
  reviews: "/api/console/reviews",
  production: "/api/console/production",
  shipping: "/api/console/shipping",
  pickups: "/api/console/pickups",
} as const satisfies Record<Desk, string>;

const queueKey = (desk: Desk) => ["console", desk] as const;

export function queueQuery(desk: Desk) {
  return infiniteQueryOptions({
    queryKey: [...queueKey(desk), "queue"],
    queryFn: ({ pageParam }) =>
      answered(api.GET(PATHS[desk], { params: { query: { query: pageParam ? { cursor: pageParam } : {} } } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.cursor,
    refetchInterval: QUEUE_RENEWAL_MS,
  });
}

/** A line at a desk. */
export interface At {
  order: string;
  line: number;
}

export function reviewQuery(at: At) {
  return queryOptions({
    queryKey: [...queueKey("reviews"), at.order, at.line],
    queryFn: () => answered(api.GET("/api/console/reviews/{order}/{line}", { params: { path: at } })),
    // The addresses of the page images are short-lived: look again when the reviewer comes back to the page.
    refetchOnWindowFocus: "always",
  });
}

export function productionQuery(at: At) {
  return queryOptions({
    queryKey: [...queueKey("production"), at.order, at.line],
    queryFn: () => answered(api.GET("/api/console/production/{order}/{line}", { params: { path: at } })),
  });
}

/** The e-seals of a line. `made` is how many of its keys are: with each, one more seal is. */
export function lineSealsQuery(at: At, made: number) {
  return queryOptions({
    queryKey: [...queueKey("production"), at.order, at.line, "seals", made],
    queryFn: () => answered(api.GET("/api/console/production/{order}/{line}/seals", { params: { path: at } })),
  });
}

export function certificateQuery(at: At, unit: number) {
  return queryOptions({
    queryKey: [...queueKey("production"), at.order, at.line, unit],
    queryFn: () =>
      answered(
        api.GET("/api/console/production/{order}/{line}/units/{unit}/certificate", {
          params: { path: { ...at, unit } },
        }),
      ),
    staleTime: Infinity,
  });
}

export function shippingQuery(at: At) {
  return queryOptions({
    queryKey: [...queueKey("shipping"), at.order, at.line],
    queryFn: () => answered(api.GET("/api/console/shipping/{order}/{line}", { params: { path: at } })),
    refetchInterval: QUEUE_RENEWAL_MS,
  });
}

export const staffLogin = (body: StaffLoginRequest) => answered(api.POST("/api/console/session", { body }));
export const staffLogout = () => done(api.DELETE("/api/console/session"));

export const claimReview = (at: At) =>
  answered(api.POST("/api/console/reviews/{order}/{line}/claim", { params: { path: at } }));
export const releaseReview = (at: At) =>
  done(api.POST("/api/console/reviews/{order}/{line}/release", { params: { path: at } }));
export const approveReview = (at: At, body: ApproveRequest) =>
  done(api.POST("/api/console/reviews/{order}/{line}/approve", { params: { path: at }, body }));
export const rejectReview = (at: At, body: RejectRequest) =>
  done(api.POST("/api/console/reviews/{order}/{line}/reject", { params: { path: at }, body }));

export const handedOver = (at: At) =>
  answered(api.POST("/api/console/shipping/{order}/{line}/handed-over", { params: { path: at } }));
