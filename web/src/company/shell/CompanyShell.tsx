import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "react-router";

import { logout } from "../../api/access";
import { sessionQuery } from "../../api/company";
import { Account } from "../../design/Account";
import { Shell } from "../../design/Shell";
import { access } from "../../i18n/access";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/texts";
import { COUNTER, MALL, storefrontAt } from "../storefronts";
import css from "./company-shell.module.css";

/** The frame of the company side: one site with two storefronts, and what the company has at both. */
export function CompanyShell() {
  const { brand } = useTexts(common);
  const { shell } = useTexts(access);
  const { data: session } = useQuery(sessionQuery);
  const here = storefrontAt(useLocation().pathname);
  return (
    <Shell
      brand={brand}
      home={here.home}
      navLabel={shell.nav.label}
      nav={[
        { to: MALL.home, label: shell.nav.mall, end: true },
        { to: COUNTER.home, label: shell.nav.counter, end: true },
        { to: "/orders", label: shell.nav.orders },
        { to: "/keys", label: shell.nav.keys },
        { to: "/company", label: shell.company },
      ]}
      account={
        <Account
          who={session === undefined ? undefined : (session?.company_name ?? null)}
          loginPath={`${here.base}/login`}
          loginLabel={shell.login}
          links={[{ to: "/security", label: shell.security }]}
          logout={logout}
          afterLogout={here.home}
        />
      }
      footer={shell.footer}
    >
      {session?.level === "limited" && (
        <aside className={css.limited} aria-label={shell.limitedLabel}>
          <p>
            {shell.limited} <Link to="/unbind">{shell.unbind}</Link>
          </p>
        </aside>
      )}
      <Outlet />
    </Shell>
  );
}
