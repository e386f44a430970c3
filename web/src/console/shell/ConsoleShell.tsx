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
import { deskTexts } from "../../i18n/desk";
import { makingTexts } from "../../i18n/making";
import { staffTexts } from "../../i18n/staff";
import { useTexts } from "../../i18n/texts";

export interface DeskLink {
  to: string;
  /** Any of these. */
  roles: readonly Role[];
  name:
    | "review"
    | "companies"
    | "recoveries"
    | "production"
    | "stock"
    | "desks"
    | "shipping"
    | "pickups"
    | "refunds"
    | "invoices"
    | "ledger"
    | "statements"
    | "orders"
    | "catalog"
    | "staff"
    | "branches"
    | "audit";
}

/** Whoever works on orders. Administrators do not. */
export const ORDER_ROLES: readonly Role[] = ["reviewer", "maker", "shipper", "finance", "support"];

/** The desks, and the roles that each is for; the first one is where the console opens. */
const DESKS: readonly DeskLink[] = [
  { to: "/console/review", roles: ["reviewer"], name: "review" },
  { to: "/console/companies", roles: ["reviewer"], name: "companies" },
  { to: "/console/recoveries", roles: ["reviewer"], name: "recoveries" },
  { to: "/console/production", roles: ["maker"], name: "production" },
  { to: "/console/shipping", roles: ["shipper"], name: "shipping" },
  { to: "/console/pickups", roles: ["branch"], name: "pickups" },
  { to: "/console/refunds", roles: ["finance"], name: "refunds" },
  { to: "/console/invoices", roles: ["finance", "support"], name: "invoices" },
  { to: "/console/ledger", roles: ["finance"], name: "ledger" },
  { to: "/console/statements", roles: ["finance"], name: "statements" },
  { to: "/console/orders", roles: ORDER_ROLES, name: "orders" },
  { to: "/console/staff", roles: ["admin"], name: "staff" },
  { to: "/console/catalog", roles: ["admin"], name: "catalog" },
  { to: "/console/branches", roles: ["admin"], name: "branches" },
  { to: "/console/stock", roles: ["maker", "admin"], name: "stock" },
  { to: "/console/desks", roles: ["maker", "admin"], name: "desks" },
  { to: "/console/audit", roles: ["admin"], name: "audit" },
];

/** The desks that a member of staff may work at. */
export function desksOf(staff: StaffSessionView): readonly DeskLink[] {
  return DESKS.filter(({ roles }) => roles.some((role) => staff.roles.includes(role)));
}

/** The frame of the console. Only staff come in; the menu shows only what their roles allow. */
export function ConsoleShell() {
  const { brand, nav } = useTexts(consoleTexts);
  const { nav: deskNav } = useTexts(deskTexts);
  const { nav: makingNav } = useTexts(makingTexts);
  const { nav: staffNav } = useTexts(staffTexts);
  const { list, role } = useTexts(common);
  const session = useQuery(staffSessionQuery);
  const here = useLocation();
  if (session.data === null) {
    return <Navigate to={loginPath("/console/login", here)} replace />;
  }
  const staff = session.data;
  const words = { ...nav, ...deskNav, ...makingNav, ...staffNav };
  return (
    <Shell
      brand={brand}
      home="/console"
      wide
      navLabel={nav.label}
      nav={
        staff
          ? [
              ...desksOf(staff).map(({ to, name }) => ({ to, label: words[name] })),
              { to: "/console/policies", label: words.policies },
              { to: "/console/security", label: words.security },
            ]
          : []
      }
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
