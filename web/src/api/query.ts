/** How the pages keep and renew what they asked for. */
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";

import { hasCode, isPassing } from "./errors";

export const SESSION = ["session"] as const;
export const STAFF_SESSION = ["console", "session"] as const;

/** A session that ended elsewhere: the guards of the pages see it and lead to the login, and back again. */
function noteEnd(error: unknown): void {
  if (hasCode(error, "login_required")) {
    const console = globalThis.location.pathname.startsWith("/console");
    queryClient.setQueryData(console ? STAFF_SESSION : SESSION, null);
  }
}

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noteEnd }),
  mutationCache: new MutationCache({ onError: noteEnd }),
  defaultOptions: {
    queries: {
      // Also when the browser believes to be offline: an error is better than a spinner without end.
      networkMode: "always",
      retry: (failures, error) => failures < 2 && isPassing(error),
      staleTime: 5_000,
    },
    mutations: { networkMode: "always" },
  },
});
