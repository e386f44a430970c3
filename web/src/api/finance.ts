/** What the finance desk asks of the API: refunds, the ledger, the gateways' bills. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answered, api } from "./client";
import type { HandledRequest, PaymentMethod, RefundQueue, SettleRequest, StatementView } from "./schema";

const REFUNDS = ["console", "refunds"] as const;
const LEDGER = ["console", "ledger"] as const;
const STATEMENTS = ["console", "statements"] as const;

/** A queue shows the work of colleagues and gateways too, so it is renewed while it is looked at. */
const QUEUE_RENEWAL_MS = 15_000;
/** A bill that somebody wants read again is read within minutes. */
const WANTED_RENEWAL_MS = 30_000;

export const refundsKey = REFUNDS;
export const ledgerKey = LEDGER;

export function refundQueueQuery(queue: RefundQueue) {
  return infiniteQueryOptions({
    queryKey: [...REFUNDS, queue],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/api/console/refunds", {
          params: { query: { query: { queue, ...(pageParam && { cursor: pageParam }) } } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.cursor,
    refetchInterval: QUEUE_RENEWAL_MS,
  });
}

export function orderBooksQuery(order: string) {
  return queryOptions({
    queryKey: [...LEDGER, "orders", order],
    queryFn: () => answered(api.GET("/api/console/ledger/orders/{order}", { params: { path: { order } } })),
  });
}

export function dayBooksQuery(day: string) {
  return infiniteQueryOptions({
    queryKey: [...LEDGER, "days", day],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/api/console/ledger/days/{day}", {
          params: { path: { day }, query: { query: pageParam ? { cursor: pageParam } : {} } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.cursor,
  });
}

export function statementsQuery(month: string) {
  return queryOptions({
    queryKey: [...STATEMENTS, "months", month],
    queryFn: () => answered(api.GET("/api/console/statements", { params: { query: { query: { month } } } })),
  });
}

/** One gateway's bill of one day. */
export interface BillOf {
  day: string;
  method: PaymentMethod;
}

export function statementQuery({ day, method }: BillOf) {
  return queryOptions({
    queryKey: [...STATEMENTS, day, method],
    queryFn: (): Promise<StatementView> =>
      answered(api.GET("/api/console/statements/{day}/{method}", { params: { path: { day, method } } })),
    refetchInterval: ({ state }) => (state.data?.row.wanted ? WANTED_RENEWAL_MS : false),
  });
}

/** A refund, by its order and its place there. */
export interface RefundAt {
  order: string;
  no: number;
}

const of = ({ order, no }: RefundAt) => ({ path: { order, refund: String(no) } });

export const retryRefund = (at: RefundAt) =>
  answered(api.POST("/api/console/refunds/{order}/{refund}/retry", { params: of(at) }));
export const settleRefund = (at: RefundAt, body: SettleRequest) =>
  answered(api.POST("/api/console/refunds/{order}/{refund}/settlement", { params: of(at), body }));
export const withdrawSettlement = (at: RefundAt) =>
  answered(api.DELETE("/api/console/refunds/{order}/{refund}/settlement", { params: of(at) }));
export const agreeSettlement = (at: RefundAt) =>
  answered(api.POST("/api/console/refunds/{order}/{refund}/settlement/agree", { params: of(at) }));

export const readStatement = (path: BillOf) =>
  answered(api.POST("/api/console/statements/{day}/{method}/read", { params: { path: { ...path } } }));
export const handleDifference = (path: BillOf, body: HandledRequest) =>
  answered(api.POST("/api/console/statements/{day}/{method}/handled", { params: { path: { ...path } }, body }));
