/** Unbinding, the road for lost contacts, objections. */
import { queryOptions } from "@tanstack/react-query";

import { answered, api, done } from "./client";
import { hasCode } from "./errors";
import type {
  CompanyPaperRequest,
  RecoveryConfirmRequest,
  RecoveryRequest,
  RecoveryView,
  UnbindingRequest,
} from "./schema";

/** The version of the text about identity papers that the page shows. */
export const CONSENT_VERSION = "2026-11";

export const requestUnbinding = (body: UnbindingRequest) => answered(api.POST("/api/unbindings", { body }));
export const confirmUnbinding = (code: string, digits: string) =>
  done(api.POST("/api/unbindings/{code}/confirm", { params: { path: { code } }, body: { code: digits } }));

/** The application of this browser; null when there is none. */
export const recoveryQuery = queryOptions({
  queryKey: ["recovery"],
  queryFn: async (): Promise<RecoveryView | null> => {
    try {
      return await answered(api.GET("/api/recovery"));
    } catch (error) {
      if (hasCode(error, "not_found")) {
        return null;
      }
      throw error;
    }
  },
});

export const beginRecovery = (body: RecoveryRequest) => answered(api.POST("/api/recoveries", { body }));
export const resendRecoveryCodes = (human: string) => answered(api.POST("/api/recovery/codes", { body: { human } }));
export const confirmRecovery = (body: RecoveryConfirmRequest) => answered(api.POST("/api/recovery/confirm", { body }));
export const announceRecoveryPaper = (body: CompanyPaperRequest) =>
  answered(api.POST("/api/recovery/papers", { body }));
export const submitRecovery = (papers: string[]) => answered(api.POST("/api/recovery/submit", { body: { papers } }));

export const showObjection = (token: string) => answered(api.POST("/api/objections", { body: { token } }));
export const confirmObjection = (token: string) => done(api.POST("/api/objections/confirm", { body: { token } }));
