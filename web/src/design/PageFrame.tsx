import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "react-router";

import { common } from "../i18n/common";
import { useTexts } from "../i18n/texts";
import css from "./design.module.css";

interface Props {
  /** The one heading of the page; also the name of the tab. */
  title: string;
  /** Where one came from. */
  back?: { to: string; label: string };
  /** Beside the heading: a state, a number. */
  beside?: ReactNode;
  /** `narrow` for a single form, `wide` for a desk. */
  width?: "narrow" | "normal" | "wide";
  children: ReactNode;
}

/** A page: one heading, one task. Moves the reader's focus to the heading when the page opens. */
export function PageFrame({ title, back, beside, width = "normal", children }: Props) {
  const { brandShort } = useTexts(common);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${brandShort}`;
  }, [title, brandShort]);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, []);
  return (
    <main id="content" className={[css.frame, width === "normal" ? "" : css[width]].join(" ")}>
      {back && (
        <Link className={css.crumb} to={back.to}>
          <span aria-hidden="true">‹</span> {back.label}
        </Link>
      )}
      <div className={css.head}>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {beside}
      </div>
      {children}
    </main>
  );
}

interface PanelProps {
  title?: ReactNode;
  beside?: ReactNode;
  children: ReactNode;
  className?: string;
}

/** A part of a page. */
export function Panel({ title, beside, children, className }: PanelProps) {
  return (
    <section className={[css.panel, className].join(" ")} aria-label={typeof title === "string" ? title : undefined}>
      {(title !== undefined || beside !== undefined) && (
        <div className={css.panelHead}>
          {title !== undefined && <h2>{title}</h2>}
          {beside}
        </div>
      )}
      {children}
    </section>
  );
}

/** Buttons in a row; the primary one first. */
export function Actions({ children }: { children: ReactNode }) {
  return <div className={css.actions}>{children}</div>;
}

/** Names and values. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={css.facts}>
      {facts.map(([name, value]) => (
        <Fact key={name} name={name} value={value} />
      ))}
    </dl>
  );
}

function Fact({ name, value }: { name: string; value: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
