import { Button } from "antd";
import type { ReactNode } from "react";
import { Link, NavLink } from "react-router";

import { common } from "../i18n/common";
import { setLanguage, useLanguage } from "../i18n/language";
import { useTexts } from "../i18n/texts";
import design from "./design.module.css";
import css from "./shell.module.css";

interface Props {
  brand: string;
  home: string;
  navLabel: string;
  nav: readonly { to: string; label: string; end?: boolean }[];
  /** Right of the navigation: who is logged in. */
  account: ReactNode;
  wide?: boolean;
  footer?: string;
  children: ReactNode;
}

/** The frame of every page: where one is, where one can go, who one is. */
export function Shell({ brand, home, navLabel, nav, account, wide = false, footer, children }: Props) {
  const { skipToContent } = useTexts(common);
  return (
    <>
      <a className={design.skip} href="#content">
        {skipToContent}
      </a>
      <header className={css.header}>
        <div className={[css.bar, wide ? css.wide : ""].join(" ")}>
          <Link className={css.brand} to={home}>
            <img src="/favicon.svg" alt="" width={28} height={28} />
            <span>{brand}</span>
          </Link>
          <nav className={css.nav} aria-label={navLabel}>
            {nav.map(({ to, label, end }) => (
              <NavLink key={to} to={to} end={end ?? false}>
                {label}
              </NavLink>
            ))}
          </nav>
          <div className={css.account}>
            {account}
            <LanguageSwitch />
          </div>
        </div>
      </header>
      <div className={css.body}>{children}</div>
      {footer && <footer className={css.footer}>{footer}</footer>}
    </>
  );
}

function LanguageSwitch() {
  const language = useLanguage();
  const { languageSwitch, languageSwitchLabel } = useTexts(common);
  return (
    <Button
      type="text"
      size="small"
      lang={language === "zh" ? "en" : "zh-CN"}
      title={languageSwitchLabel}
      onClick={() => setLanguage(language === "zh" ? "en" : "zh")}
    >
      {languageSwitch}
    </Button>
  );
}
