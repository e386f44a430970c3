/** A page under test with the API answered by a table. */
import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ComponentType } from "react";
import { createMemoryRouter, Outlet, RouterProvider } from "react-router";
import { vi } from "vitest";

import { queryClient } from "../api/query";
import type { Problem } from "../api/schema";
import { session } from "./fixtures";

export interface Call {
  method: string;
  path: string;
  headers: Headers;
  body: unknown;
}

type Reply = object | ((call: Call) => object);

export function problem(code: Problem["code"], status: number, more: Partial<Problem> = {}): Response {
  const body: Problem = { type: `urn:sealkey:error:${code}`, title: code, status, code, requestId: "REQ1", ...more };
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/problem+json" } });
}

/** Answers by `METHOD /path`; everything else is not found. Returns the calls that were made. */
export function backend(replies: Record<string, Reply>): Call[] {
  const calls: Call[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname } = new URL(request.url);
    const text = await request.clone().text();
    const call: Call = {
      method: request.method,
      path: pathname,
      headers: request.headers,
      body: text === "" ? undefined : (JSON.parse(text) as unknown),
    };
    calls.push(call);
    const reply = replies[`${call.method} ${pathname}`];
    const answer = typeof reply === "function" ? (reply as (call: Call) => object)(call) : reply;
    if (answer instanceof Error) {
      throw answer;
    }
    return answer instanceof Response ? answer : answer ? Response.json(answer) : problem("not_found", 404);
  });
  return calls;
}

/** Shows one page at an address, logged in; other addresses show their own path. */
export function show(Page: ComponentType, path: string, address: string) {
  queryClient.clear();
  const router = createMemoryRouter(
    [
      {
        element: <Outlet context={session} />,
        children: [
          { path, Component: Page },
          { path: "*", element: <p>elsewhere</p> },
        ],
      },
    ],
    { initialEntries: [address] },
  );
  render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return router;
}
