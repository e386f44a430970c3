/** The secret of a link: it stands behind the `#`, which no server and no log ever sees. */
import { useEffect, useState } from "react";
import { useLocation, useNavigate } from "react-router";

/**
 * The token of the link by which the page was opened; undefined when there is none. It leaves the address bar and the
 * history at once and lives on in this page's memory only, so that a reload needs the link again.
 */
export function useLinkToken(): string | undefined {
  const { hash, pathname } = useLocation();
  const navigate = useNavigate();
  const [token, setToken] = useState<string>();
  const fresh = hash.length > 1 ? hash.slice(1) : undefined;
  if (fresh !== undefined && fresh !== token) {
    setToken(fresh);
  }
  useEffect(() => {
    if (hash !== "") {
      void navigate({ pathname, search: "", hash: "" }, { replace: true, preventScrollReset: true });
    }
  }, [hash, pathname, navigate]);
  return fresh ?? token;
}
