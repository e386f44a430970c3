/** A page under test with the API answered by a table. */
import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import { ConfigProvider } from "antd";
import type { ComponentType } from "react";
import { createMemoryRouter, Outlet, RouterProvider } from "react-router";
import { vi } from "vitest";

import { queryClient } from "../api/query";
import type { Problem } from "../api/schema";
import { session } from "./fixtures";
import { human } from "./fixtures-access";

export interface Call {
  method: string;
  path: string;
  /** The query, with its question mark. */
  search: string;
  headers: Headers;
  body: unknown;
}

type Reply = object | ((call: Call) => object);

export function problem(code: Problem["code"], status: number, more: Partial<Problem> = {}): Response {
  const body: Problem = { type: `urn:sealkey:error:${code}`, title: code, status, code, requestId: "REQ1", ...more };
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/problem+json" } });
}

/**
 * Answers by `METHOD /path`; everything else is not found, but a human check is always to be had. Returns the calls that
 * were made.
 */
export function backend(answers: Record<string, Reply>): Call[] {
  const replies: Record<string, Reply> = { ...human, ...answers };
  const calls: Call[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    const text = await request.clone().text();
    const call: Call = {
      method: request.method,
      path: pathname,
      search,
      headers: request.headers,
      body: text === "" ? undefined : (JSON.parse(text) as unknown),
    };
    calls.push(call);
    const reply = replies[`${call.method} ${pathname}`];
    const answer =
      typeof reply === "function" ? await (reply as (call: Call) => object | Promise<object>)(call) : reply;
    if (answer instanceof Error) {
      throw answer;
    }
    return answer instanceof Response ? answer : answer ? Response.json(answer) : problem("not_found", 404);
  });
  return calls;
}

/** Shows one page at an address, logged in as the company or as given; other addresses show their own path. */
export function show(Page: ComponentType, path: string, address: string, who: object = session) {
  queryClient.clear();
  const router = createMemoryRouter(
    [
      {
        element: <Outlet context={who} />,
        children: [
          { path, Component: Page },
          { path: "*", element: <p>elsewhere</p> },
        ],
      },
    ],
    { initialEntries: [address] },
  );
  render(
    // Without styles made in JavaScript, which take most of the time here and which jsdom does not draw.
    <ConfigProvider theme={{ zeroRuntime: true }} button={{ autoInsertSpace: false }}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </ConfigProvider>,
  );
  return router;
}
