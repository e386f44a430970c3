/** Staff, branches, the audit, one's own sessions in the console. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answered, api, done } from "./client";
import type {
  AuditExportRequest,
  AuditQuery,
  BranchRequest,
  InviteAcceptRequest,
  InviteRequest,
  RolesRequest,
} from "./schema";

const STAFF = ["console", "staff"] as const;

export const staffQuery = queryOptions({
  queryKey: [...STAFF, "list"],
  queryFn: () => answered(api.GET("/api/console/staff")),
});

export const requestsQuery = queryOptions({
  queryKey: [...STAFF, "requests"],
  queryFn: () => answered(api.GET("/api/console/staff/requests")),
});

export const branchesQuery = queryOptions({
  queryKey: ["console", "branches"],
  queryFn: () => answered(api.GET("/api/console/branches")),
});

export const ownSessionsQuery = queryOptions({
  queryKey: ["console", "sessions"],
  queryFn: () => answered(api.GET("/api/console/sessions")),
});

/** What is asked of the audit, without the place to go on. */
export type AuditFilter = Omit<AuditQuery, "cursor">;

export function auditQuery(filter: AuditFilter) {
  return infiniteQueryOptions({
    queryKey: ["console", "audit", filter],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/api/console/audit", {
          params: { query: { query: { ...filter, ...(pageParam && { cursor: pageParam }) } } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.cursor,
  });
}

const one = (staff: string) => ({ params: { path: { staff } } });

export const inviteStaff = (body: InviteRequest) => answered(api.POST("/api/console/staff/invites", { body }));
export const changeRoles = (staff: string, body: RolesRequest) =>
  answered(api.PUT("/api/console/staff/{staff}/roles", { ...one(staff), body }));
export const suspendStaff = (staff: string, reason: string) =>
  answered(api.POST("/api/console/staff/{staff}/suspend", { ...one(staff), body: { reason } }));
export const resumeStaff = (staff: string, reason: string) =>
  answered(api.POST("/api/console/staff/{staff}/resume", { ...one(staff), body: { reason } }));
export const resetStaff = (staff: string, reason: string) =>
  answered(api.POST("/api/console/staff/{staff}/reset", { ...one(staff), body: { reason } }));
export const resendInvite = (staff: string) => done(api.POST("/api/console/staff/{staff}/invite", one(staff)));

export const approveRequest = (request: string) =>
  answered(api.POST("/api/console/staff/requests/{request}/approve", { params: { path: { request } } }));
export const declineRequest = (request: string, reason: string) =>
  answered(
    api.POST("/api/console/staff/requests/{request}/decline", { params: { path: { request } }, body: { reason } }),
  );

export const addBranch = (body: BranchRequest) => answered(api.POST("/api/console/branches", { body }));
export const changeBranch = (branch: string, body: BranchRequest) =>
  answered(api.PUT("/api/console/branches/{branch}", { params: { path: { branch } }, body }));

export const exportAudit = (body: AuditExportRequest) => answered(api.POST("/api/console/audit/exports", { body }));

export const staffLogoutEverywhere = () => done(api.DELETE("/api/console/sessions"));

export const showInvite = (token: string) => answered(api.POST("/api/console/invites", { body: { token } }));
export const acceptInvite = (body: InviteAcceptRequest) => done(api.POST("/api/console/invites/accept", { body }));
