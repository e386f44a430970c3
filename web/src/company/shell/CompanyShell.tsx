import { useQuery } from "@tanstack/react-query";
import { Outlet } from "react-router";

import { logout, sessionQuery } from "../../api/company";
import { Account } from "../../design/Account";
import { Shell } from "../../design/Shell";
import { common } from "../../i18n/common";
import { company } from "../../i18n/company";
import { useTexts } from "../../i18n/texts";

/** The frame of the company side. */
export function CompanyShell() {
  const { brand } = useTexts(common);
  const { nav, footer } = useTexts(company);
  const { data: session } = useQuery(sessionQuery);
  return (
    <Shell
      brand={brand}
      home="/"
      navLabel={nav.label}
      nav={[
        { to: "/", label: nav.mall, end: true },
        { to: "/orders", label: nav.orders },
      ]}
      account={
        <Account
          who={session === undefined ? undefined : (session?.company_name ?? null)}
          loginPath="/login"
          logout={logout}
          afterLogout="/"
        />
      }
      footer={footer}
    >
      <Outlet />
    </Shell>
  );
}
