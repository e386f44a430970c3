import { Alert } from "antd";
import { Outlet } from "react-router";

import type { Role } from "../../api/schema";
import { PageFrame } from "../../design/PageFrame";
import { consoleTexts } from "../../i18n/console";
import { useTexts } from "../../i18n/texts";
import { ORDER_ROLES, useStaff } from "./ConsoleShell";

/** Lets some roles through. The API holds the rule; this only spares a useless page. */
function requireRole(...roles: readonly Role[]) {
  return function RequireRole() {
    const { brand, forbidden } = useTexts(consoleTexts);
    const staff = useStaff();
    return roles.some((role) => staff.roles.includes(role)) ? (
      <Outlet context={staff} />
    ) : (
      <PageFrame title={brand}>
        <Alert type="warning" showIcon title={forbidden} />
      </PageFrame>
    );
  };
}

export const RequireReviewer = requireRole("reviewer");
export const RequireMaker = requireRole("maker");
/** Whoever makes keys, and whoever sees to it that they can. */
export const RequireMaking = requireRole("maker", "admin");
export const RequireShipper = requireRole("shipper");
/** Whoever answers companies: customer service, and finance. */
export const RequireSupport = requireRole("support", "finance");
export const RequireFinance = requireRole("finance");
export const RequireAdmin = requireRole("admin");
export const RequireBranch = requireRole("branch");
export const RequireOrders = requireRole(...ORDER_ROLES);
