/** What the pages for getting in ask of the API: human check, registration, login, passwords, sessions. */
import { queryOptions } from "@tanstack/react-query";

import { answered, api, done } from "./client";
import type {
  LoginCodeRequest,
  LoginRequest,
  NewPasswordRequest,
  PasswordChangeRequest,
  PasswordResetRequest,
  RegisterRequest,
} from "./schema";

export const challenge = (hard: boolean) =>
  answered(api.GET("/api/challenge", { params: { query: { query: hard ? { hard } : {} } } }));

export const register = (body: RegisterRequest) => answered(api.POST("/api/registrations", { body }));
export const resendRegistrationCode = (registration: string, human: string) =>
  answered(api.POST("/api/registrations/{registration}/code", { params: { path: { registration } }, body: { human } }));
export const confirmRegistration = (registration: string, code: string) =>
  answered(
    api.POST("/api/registrations/{registration}/confirm", { params: { path: { registration } }, body: { code } }),
  );

export const login = (body: LoginRequest) => answered(api.POST("/api/session", { body }));
export const loginByCode = (body: LoginCodeRequest) => answered(api.POST("/api/session/code", { body }));
export const logout = () => done(api.DELETE("/api/session"));

export const requestPasswordReset = (body: PasswordResetRequest) =>
  answered(api.POST("/api/password-resets", { body }));
export const resetPassword = (code: string, body: NewPasswordRequest) =>
  done(api.POST("/api/password-resets/{code}/confirm", { params: { path: { code } }, body }));
export const changePassword = (body: PasswordChangeRequest) => done(api.PUT("/api/password", { body }));

export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: () => answered(api.GET("/api/sessions")),
});
export const endSession = (session: string) =>
  done(api.DELETE("/api/sessions/{session}", { params: { path: { session } } }));
export const logoutEverywhere = () => done(api.DELETE("/api/sessions"));
