import type { ReactNode } from "react";
import { Link, NavLink } from "react-router";

import { PageFrame } from "../../design/PageFrame";
import { fileTexts } from "../../i18n/file";
import { useTexts } from "../../i18n/texts";
import { useIsFull } from "../shell/RequireSession";
import css from "./file.module.css";

interface Props {
  title: string;
  beside?: ReactNode;
  /** Does the page change something, so that a limited session has to be told that it cannot? */
  changes?: boolean;
  children: ReactNode;
}

/** One of the pages of a company's own file. */
export function FileFrame({ title, beside, changes = true, children }: Props) {
  const words = useTexts(fileTexts);
  const mayEdit = useIsFull();
  return (
    <PageFrame title={title} beside={beside}>
      <nav className={css.tabs} aria-label={words.nav.label}>
        <NavLink to="/company" end>
          {words.nav.file}
        </NavLink>
        <NavLink to="/company/people">{words.nav.people}</NavLink>
        <NavLink to="/company/qualification">{words.nav.qualification}</NavLink>
        <NavLink to="/company/history">{words.nav.history}</NavLink>
      </nav>
      {changes && !mayEdit && (
        <p>
          {words.limited} <Link to="/unbind">{words.toUnbind}</Link>
        </p>
      )}
      {children}
    </PageFrame>
  );
}
