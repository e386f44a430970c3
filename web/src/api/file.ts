/** What the pages of a company's own file ask of the API. */
import { queryOptions } from "@tanstack/react-query";

import { answered, api } from "./client";
import type {
  AddressRequest,
  BasicsRequest,
  CompanyPaperRequest,
  ContactConfirmRequest,
  ContactRequest,
  InvoiceTitleRequest,
  PersonRequest,
  QualificationRequest,
} from "./schema";

export const FILE = ["company"] as const;

export const fileQuery = queryOptions({
  queryKey: [...FILE, "file"],
  queryFn: () => answered(api.GET("/api/company")),
});

export const peopleQuery = queryOptions({
  queryKey: [...FILE, "people"],
  queryFn: () => answered(api.GET("/api/company/people")),
});

export const fileHistoryQuery = queryOptions({
  queryKey: [...FILE, "history"],
  queryFn: () => answered(api.GET("/api/company/history")),
});

export const changeBasics = (body: BasicsRequest) => answered(api.PUT("/api/company/basics", { body }));

export const changeContact = (body: ContactRequest) => answered(api.POST("/api/company/contact", { body }));
export const confirmContact = (change: string, body: ContactConfirmRequest) =>
  answered(api.POST("/api/company/contact/{change}/confirm", { params: { path: { change } }, body }));

export const addTitle = (body: InvoiceTitleRequest) => answered(api.POST("/api/company/invoice-titles", { body }));
export const changeTitle = (title: string, body: InvoiceTitleRequest) =>
  answered(api.PUT("/api/company/invoice-titles/{title}", { params: { path: { title } }, body }));
export const removeTitle = (title: string, version: number) =>
  answered(
    api.DELETE("/api/company/invoice-titles/{title}", { params: { path: { title }, query: { query: { version } } } }),
  );

export const addAddress = (body: AddressRequest) => answered(api.POST("/api/company/addresses", { body }));
export const changeAddress = (address: string, body: AddressRequest) =>
  answered(api.PUT("/api/company/addresses/{address}", { params: { path: { address } }, body }));
export const removeAddress = (address: string, version: number) =>
  answered(
    api.DELETE("/api/company/addresses/{address}", { params: { path: { address }, query: { query: { version } } } }),
  );

export const addPerson = (body: PersonRequest) => answered(api.POST("/api/company/people", { body }));
export const changePerson = (user: string, body: PersonRequest) =>
  answered(api.PUT("/api/company/people/{user}", { params: { path: { user } }, body }));
/** `version` is the person's, not the file's. */
export const removePerson = (user: string, version: number) =>
  answered(api.DELETE("/api/company/people/{user}", { params: { path: { user }, query: { query: { version } } } }));
export const makeMain = (user: string) =>
  answered(api.POST("/api/company/people/{user}/main", { params: { path: { user } } }));

export const announceCompanyPaper = (body: CompanyPaperRequest) => answered(api.POST("/api/company/papers", { body }));
export const submitQualification = (body: QualificationRequest) =>
  answered(api.POST("/api/company/qualification", { body }));
