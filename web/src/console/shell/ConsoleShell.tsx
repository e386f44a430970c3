import { useQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useLocation, useOutletContext } from "react-router";

import { staffLogout, staffSessionQuery } from "../../api/console";
import type { Role, StaffSessionView } from "../../api/schema";
import { Account } from "../../design/Account";
import { loginPath } from "../../design/next-page";
import { PageFrame } from "../../design/PageFrame";
import { Shell } from "../../design/Shell";
import { Loaded } from "../../design/Standing";
import { common } from "../../i18n/common";
import { consoleTexts } from "../../i18n/console";
import { useTexts } from "../../i18n/texts";

export interface DeskLink {
  to: string;
  role: Role;
  name: "review" | "production" | "shipping";
}

/** The desks, and the role that each is for. */
const DESKS: readonly DeskLink[] = [
  { to: "/console/review", role: "reviewer", name: "review" },
  { to: "/console/production", role: "maker", name: "production" },
  { to: "/console/shipping", role: "shipper", name: "shipping" },
];

/** The desks that a member of staff may work at. */
export function desksOf(staff: StaffSessionView): readonly DeskLink[] {
  return DESKS.filter(({ role }) => staff.roles.includes(role));
}

/** The frame of the console. Only staff come in; the menu shows only what their roles allow. */
export function ConsoleShell() {
  const { brand, nav } = useTexts(consoleTexts);
  const { list, role } = useTexts(common);
  const session = useQuery(staffSessionQuery);
  const here = useLocation();
  if (session.data === null) {
    return <Navigate to={loginPath("/console/login", here)} replace />;
  }
  const staff = session.data;
  return (
    <Shell
      brand={brand}
      home="/console"
      wide
      navLabel={nav.label}
      nav={staff ? desksOf(staff).map(({ to, name }) => ({ to, label: nav[name] })) : []}
      account={
        <Account
          who={staff && `${staff.name} (${staff.roles.map((one) => role[one]).join(list)})`}
          loginPath="/console/login"
          logout={staffLogout}
          afterLogout="/console/login"
        />
      }
    >
      {staff ? (
        <Outlet context={staff} />
      ) : (
        <PageFrame title={brand} width="wide">
          <Loaded of={session}>{() => null}</Loaded>
        </PageFrame>
      )}
    </Shell>
  );
}

/** The member of staff who is logged in. */
export function useStaff(): StaffSessionView {
  return useOutletContext<StaffSessionView>();
}
