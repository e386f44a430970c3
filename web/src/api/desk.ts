/** What the reviewer's desk for companies asks of the API: qualifications and new contacts. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answered, api, done } from "./client";
import type { QualificationApproveRequest, QualificationRejectRequest, RecoveryDecisionRequest } from "./schema";

const QUALIFICATIONS = ["console", "qualifications"] as const;
const RECOVERIES = ["console", "recoveries"] as const;

/** A queue shows the work of colleagues too, so it is renewed while it is looked at. */
const QUEUE_RENEWAL_MS = 15_000;

/**
 * The addresses of the page images are short-lived: look again when the reviewer comes back to the page, but not at each
 * glance, for every look is noted.
 */
const LOOKED_AT = { staleTime: 60_000, refetchOnMount: "always" } as const;

export const qualificationQueueQuery = infiniteQueryOptions({
  queryKey: [...QUALIFICATIONS, "queue"],
  queryFn: ({ pageParam }) =>
    answered(
      api.GET("/api/console/qualifications", { params: { query: { query: pageParam ? { cursor: pageParam } : {} } } }),
    ),
  initialPageParam: "",
  getNextPageParam: (page) => page.cursor,
  refetchInterval: QUEUE_RENEWAL_MS,
});

export function qualificationQuery(company: string) {
  return queryOptions({
    queryKey: [...QUALIFICATIONS, company],
    queryFn: () => answered(api.GET("/api/console/qualifications/{company}", { params: { path: { company } } })),
    ...LOOKED_AT,
  });
}

export const recoveryQueueQuery = infiniteQueryOptions({
  queryKey: [...RECOVERIES, "queue"],
  queryFn: ({ pageParam }) =>
    answered(
      api.GET("/api/console/recoveries", { params: { query: { query: pageParam ? { cursor: pageParam } : {} } } }),
    ),
  initialPageParam: "",
  getNextPageParam: (page) => page.cursor,
  refetchInterval: QUEUE_RENEWAL_MS,
});

export function recoveryQuery(recovery: string) {
  return queryOptions({
    queryKey: [...RECOVERIES, recovery],
    queryFn: () => answered(api.GET("/api/console/recoveries/{recovery}", { params: { path: { recovery } } })),
    ...LOOKED_AT,
  });
}

const of = (company: string) => ({ path: { company } });

export const claimQualification = (company: string) =>
  answered(api.POST("/api/console/qualifications/{company}/claim", { params: of(company) }));
export const releaseQualification = (company: string) =>
  done(api.POST("/api/console/qualifications/{company}/release", { params: of(company) }));
export const approveQualification = (company: string, body: QualificationApproveRequest) =>
  done(api.POST("/api/console/qualifications/{company}/approve", { params: of(company), body }));
export const rejectQualification = (company: string, body: QualificationRejectRequest) =>
  done(api.POST("/api/console/qualifications/{company}/reject", { params: of(company), body }));
export const showIdNumber = (company: string) =>
  answered(api.POST("/api/console/qualifications/{company}/id-number", { params: of(company) }));

export const decideRecovery = (recovery: string, body: RecoveryDecisionRequest) =>
  answered(api.POST("/api/console/recoveries/{recovery}/decide", { params: { path: { recovery } }, body }));
