/** What the pages about invoices ask of the API: the company's, and those of the desks. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answered, api } from "./client";
import type { InvoiceKind, InvoiceQueue } from "./schema";

const INVOICES = ["invoices"] as const;
const DESK = ["console", "invoices"] as const;

/** A queue shows the work of colleagues and of the tax platform too, so it is renewed while it is looked at. */
const QUEUE_RENEWAL_MS = 15_000;

export const invoicesKey = INVOICES;
export const invoiceDeskKey = DESK;

/** An invoice, by its order and its place there. */
export interface InvoiceAt {
  order: string;
  no: number;
}

const of = ({ order, no }: InvoiceAt) => ({ path: { order, invoice: String(no) } });

export const invoicesQuery = infiniteQueryOptions({
  queryKey: [...INVOICES, "list"],
  queryFn: ({ pageParam }) =>
    answered(api.GET("/api/invoices", { params: { query: { query: pageParam ? { cursor: pageParam } : {} } } })),
  initialPageParam: "",
  getNextPageParam: (page) => page.cursor,
});

export function invoiceQuery(at: InvoiceAt) {
  return queryOptions({
    queryKey: [...INVOICES, at.order, at.no],
    queryFn: () => answered(api.GET("/api/orders/{order}/invoices/{invoice}", { params: of(at) })),
  });
}

export const FORMATS = ["pdf", "ofd", "xml"] as const;

export const invoiceFile = (at: InvoiceAt, format: (typeof FORMATS)[number]) =>
  answered(
    api.GET("/api/orders/{order}/invoices/{invoice}/files/{format}", {
      params: { path: { ...of(at).path, format } },
    }),
  );
export const sendInvoice = (at: InvoiceAt) =>
  answered(api.POST("/api/orders/{order}/invoices/{invoice}/mail", { params: of(at) }));
export const changeInvoiceBuyer = (at: InvoiceAt, title: string) =>
  answered(api.PUT("/api/orders/{order}/invoices/{invoice}/title", { params: of(at), body: { title } }));

export function invoiceQueueQuery(queue: InvoiceQueue) {
  return infiniteQueryOptions({
    queryKey: [...DESK, queue],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/api/console/invoices", {
          params: { query: { query: { queue, ...(pageParam && { cursor: pageParam }) } } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.cursor,
    refetchInterval: QUEUE_RENEWAL_MS,
  });
}

export const retryInvoice = (at: InvoiceAt) =>
  answered(api.POST("/api/console/invoices/{order}/{invoice}/retry", { params: of(at) }));
export const releaseInvoice = (at: InvoiceAt, kind: InvoiceKind) =>
  answered(api.POST("/api/console/invoices/{order}/{invoice}/release", { params: of(at), body: { kind } }));
