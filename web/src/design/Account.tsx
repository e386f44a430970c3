import { Button } from "antd";
import { useState } from "react";
import { Link } from "react-router";

import { hasCode } from "../api/errors";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/texts";
import { forgetDrafts } from "./draft";
import css from "./shell.module.css";

interface Props {
  /** Their name; null when nobody is logged in, undefined as long as that is not known. */
  who: string | null | undefined;
  loginPath: string;
  /** What the way in is called; 登录 unless said otherwise. */
  loginLabel?: string;
  /** Pages about oneself. */
  links?: readonly { to: string; label: string }[];
  /** Ends the session on the server. */
  logout: () => Promise<void>;
  afterLogout: string;
}

/** Who is logged in, and the way out. The page forgets everything only when the server has ended the session. */
export function Account({ who, loginPath, loginLabel, links = [], logout, afterLogout }: Props) {
  const texts = useTexts(common);
  const [failed, setFailed] = useState(false);
  if (who === undefined) {
    return null;
  }
  if (who === null) {
    return <Link to={loginPath}>{loginLabel ?? texts.login}</Link>;
  }
  const leave = async () => {
    try {
      await logout();
    } catch (error) {
      if (!hasCode(error, "login_required")) {
        setFailed(true);
        return;
      }
    }
    forgetDrafts();
    globalThis.location.assign(afterLogout);
  };
  return (
    <>
      <span className={css.who} title={who}>
        {who}
      </span>
      {links.map(({ to, label }) => (
        <Link key={to} className={css.self} to={to}>
          {label}
        </Link>
      ))}
      <Button type="text" size="small" danger={failed} onClick={() => void leave()}>
        {failed ? `${texts.logout}: ${texts.retry}` : texts.logout}
      </Button>
    </>
  );
}
