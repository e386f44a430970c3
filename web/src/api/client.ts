/** The one client of the API. Everything that every call carries is set here. */
import createClient, { type Middleware } from "openapi-fetch";

import { currentLanguage } from "../i18n/language";
import { ApiError, ConnectionError, type ProblemBody, unreadable } from "./errors";
import type { paths } from "./schema";

/** A call that has no answer after this time counts as a lost connection: no spinner without end. */
const PATIENCE_MS = 30_000;

const everyCall: Middleware = {
  onRequest({ request }) {
    request.headers.set("accept-language", currentLanguage());
    if (request.method !== "GET") {
      // Only our own page can set this header.
      request.headers.set("x-sealkey-request", "1");
    }
    return request;
  },
};

async function fetchPatiently(request: Request): Promise<Response> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PATIENCE_MS);
  try {
    return await globalThis.fetch(request, { signal: abort.signal });
  } catch (error) {
    throw new ConnectionError(error);
  } finally {
    clearTimeout(timer);
  }
}

export const api = createClient<paths>({
  baseUrl: globalThis.location.origin,
  fetch: fetchPatiently,
  credentials: "same-origin",
  cache: "no-store",
  querySerializer: { object: { style: "form", explode: true } },
});
api.use(everyCall);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of an answer, or the reason why there is none as an exception. */
export async function answered<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, response } = await (async () => {
    try {
      const answer = await call;
      if (!answer.response.ok) {
        throw isProblem(answer.error) ? new ApiError(answer.error) : unreadable(answer.response.status);
      }
      return answer;
    } catch (error) {
      // A body that is not JSON: something between us and the API answered.
      throw error instanceof SyntaxError ? unreadable(502) : error;
    }
  })();
  if (data === undefined) {
    throw unreadable(response.status);
  }
  return data;
}

/** Waits for a call that answers nothing (204). */
export async function done(call: Promise<Answer<unknown>>): Promise<void> {
  const { error, response } = await call;
  if (!response.ok) {
    throw isProblem(error) ? new ApiError(error) : unreadable(response.status);
  }
}

function isProblem(body: unknown): body is ProblemBody {
  return typeof body === "object" && body !== null && "code" in body && "title" in body;
}
