import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "react-router";

import { logout } from "../../api/access";
import { sessionQuery } from "../../api/company";
import { Account } from "../../design/Account";
import { Shell } from "../../design/Shell";
import { access } from "../../i18n/access";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/texts";
import css from "./company-shell.module.css";

/** The frame of the company side. */
export function CompanyShell() {
  const { brand } = useTexts(common);
  const { shell } = useTexts(access);
  const { data: session } = useQuery(sessionQuery);
  return (
    <Shell
      brand={brand}
      home="/"
      navLabel={shell.nav.label}
      nav={[
        { to: "/", label: shell.nav.mall, end: true },
        { to: "/orders", label: shell.nav.orders },
        { to: "/company", label: shell.company },
      ]}
      account={
        <Account
          who={session === undefined ? undefined : (session?.company_name ?? null)}
          loginPath="/login"
          loginLabel={shell.login}
          links={[{ to: "/security", label: shell.security }]}
          logout={logout}
          afterLogout="/"
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
