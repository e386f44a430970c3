/** What the sections of a company's file share: one is edited at a time, and what became of it is said there. */
import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Link } from "react-router";

import { FILE, fileQuery } from "../../api/file";
import { SESSION } from "../../api/query";
import type { CompanyFile } from "../../api/schema";
import { useDraft } from "../../design/draft";
import { Panel } from "../../design/PageFrame";
import { fileTexts } from "../../i18n/file";
import { useTexts } from "../../i18n/texts";
import { useIsFull, useSession } from "../shell/RequireSession";

export interface Notice {
  text: string;
  type?: "success" | "info" | "warning";
  link?: { to: string; label: string };
}

export interface Desk {
  file: CompanyFile;
  mayEdit: boolean;
  /** Where drafts of this company's file are kept. */
  drafts: string;
  /** What is being edited: the name of a section, or of an entry in it. */
  open: string;
  /** Was it opened just now and not by a reload? */
  clicked: boolean;
  notice: (Notice & { section: string }) | undefined;
  edit: (what: string) => void;
  close: () => void;
  tell: (section: string, notice: Notice | undefined) => void;
  /** Takes the file as the server has it after a change. */
  take: (file: CompanyFile) => void;
  refresh: () => Promise<CompanyFile>;
}

export function useDesk(file: CompanyFile): Desk {
  const client = useQueryClient();
  const drafts = `file:${useSession().company}`;
  const mayEdit = useIsFull();
  // Kept over a reload or a login in between, as what was typed is.
  const [{ what }, keepOpen] = useDraft(`${drafts}:open`, { what: "" });
  const [clicked, setClicked] = useState(false);
  const [notice, setNotice] = useState<Desk["notice"]>();
  return {
    file,
    mayEdit,
    drafts,
    open: mayEdit ? what : "",
    clicked,
    notice,
    edit: (next) => {
      setClicked(true);
      setNotice(undefined);
      keepOpen({ what: next });
    },
    close: () => keepOpen({ what: "" }),
    tell: (section, next) => setNotice(next && { ...next, section }),
    take: (next) => {
      client.setQueryData(fileQuery.queryKey, next);
      // Its history has grown, and the session tells name, contact and qualification.
      void client.invalidateQueries({ queryKey: [...FILE, "history"] });
      void client.invalidateQueries({ queryKey: SESSION });
    },
    refresh: () => client.query({ ...fileQuery, staleTime: 0 }),
  };
}

interface Props {
  desk: Desk;
  name: string;
  title: string;
  /** The button that opens its form. */
  action?: { label: string; what: string; word: string; disabled?: boolean } | undefined;
  children: ReactNode;
}

export function Section({ desk, name, title, action, children }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const isOpen = desk.open === name || desk.open.startsWith(`${name}:`);
  const wasOpen = useRef(isOpen);
  useEffect(() => {
    // A form that closes takes the focus with it.
    if (wasOpen.current && !isOpen) {
      box.current?.querySelector("button")?.focus();
    }
    wasOpen.current = isOpen;
  }, [isOpen]);
  const notice = desk.notice?.section === name ? desk.notice : undefined;
  return (
    <div ref={box}>
      <Panel
        title={title}
        beside={
          action &&
          desk.mayEdit &&
          !isOpen && (
            <Button
              aria-label={action.label}
              disabled={desk.open !== "" || (action.disabled ?? false)}
              onClick={() => desk.edit(action.what)}
            >
              {action.word}
            </Button>
          )
        }
      >
        {notice && <Told notice={notice} />}
        {children}
      </Panel>
    </div>
  );
}

/** What became of a change. */
export function Told({ notice }: { notice: Notice }) {
  const { type = "success", text, link } = notice;
  return (
    <Alert type={type} showIcon role="status" title={text} action={link && <Link to={link.to}>{link.label}</Link>} />
  );
}

/** A value, or that there is none. */
export function Given({ value }: { value: string | null | undefined }) {
  const { notGiven } = useTexts(fileTexts);
  return value ? <span className="num">{value}</span> : <span className="soft">{notGiven}</span>;
}
