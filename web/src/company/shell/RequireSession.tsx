import { useQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useLocation, useOutletContext } from "react-router";

import { sessionQuery } from "../../api/company";
import type { SessionView } from "../../api/schema";
import { loginPath } from "../../design/next-page";
import { PageFrame } from "../../design/PageFrame";
import { Loaded } from "../../design/Standing";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/texts";
import { storefrontAt } from "../storefronts";

/** Lets only a logged-in person through; others go to the login and come back here. */
export function RequireSession() {
  const session = useQuery(sessionQuery);
  const here = useLocation();
  const { brandShort } = useTexts(common);
  if (session.data === null) {
    return <Navigate to={loginPath(`${storefrontAt(here.pathname).base}/login`, here)} replace />;
  }
  if (session.data === undefined) {
    return (
      <PageFrame title={brandShort}>
        <Loaded of={session}>{() => null}</Loaded>
      </PageFrame>
    );
  }
  return <Outlet context={session.data} />;
}

/** The session of the person on a page behind {@link RequireSession}. */
export function useSession(): SessionView {
  return useOutletContext<SessionView>();
}

/** May the person buy, and change the company's file? A company that is bound to a key does so by key, or unbinds (R27). */
export function useIsFull(): boolean {
  return useSession().level !== "limited";
}
