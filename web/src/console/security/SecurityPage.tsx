import { useMutation, useQuery } from "@tanstack/react-query";
import { Button, Popconfirm } from "antd";

import type { SessionRow } from "../../api/schema";
import { ownSessionsQuery, staffLogoutEverywhere } from "../../api/staff";
import { forgetDrafts } from "../../design/draft";
import { Actions, Facts, PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { staffTexts } from "../../i18n/staff";
import { useTexts } from "../../i18n/texts";
import { useStaff } from "../shell/ConsoleShell";
import css from "./security.module.css";

/** One's own account: roles, sessions, and the way out of all of them. */
export function SecurityPage() {
  const texts = useTexts(common);
  const { security: words, staff: staffWords } = useTexts(staffTexts);
  const staff = useStaff();
  const sessions = useQuery(ownSessionsQuery);
  const leave = useMutation({
    mutationFn: staffLogoutEverywhere,
    onSuccess: () => {
      forgetDrafts();
      globalThis.location.assign("/console/login");
    },
  });
  return (
    <PageFrame title={words.title}>
      <Panel title={words.account}>
        <Facts
          facts={[
            [words.name, staff.name],
            [words.mail, staff.mail],
            [words.roles, staff.roles.map((role) => texts.role[role]).join(texts.list) || staffWords.noRoles],
            ...(staff.branch_name ? ([[words.branch, staff.branch_name]] as const) : []),
          ]}
        />
      </Panel>
      <Panel title={words.sessions}>
        <Loaded of={sessions}>
          {({ sessions: rows }) => (
            <ul className={css.sessions}>
              {rows.map((row) => (
                <Session key={row.id} row={row} />
              ))}
            </ul>
          )}
        </Loaded>
        <p className="soft small">{words.lost}</p>
        <ProblemAlert error={leave.error} />
        <Actions>
          <Popconfirm
            title={words.everywhereSure}
            okText={texts.sure}
            cancelText={texts.notSure}
            onConfirm={() => leave.mutate()}
            styles={{ root: { maxWidth: 340 } }}
          >
            <Button danger loading={leave.isPending}>
              {words.everywhere}
            </Button>
          </Popconfirm>
        </Actions>
      </Panel>
    </PageFrame>
  );
}

function Session({ row }: { row: SessionRow }) {
  const { security: words } = useTexts(staffTexts);
  const { time } = useTimes();
  return (
    <li className={css.session}>
      <div className={css.head}>
        <strong>{row.device}</strong>
        {row.current && <ToneTag tone="done">{words.current}</ToneTag>}
      </div>
      <p className="soft small num">
        {words.address} {row.address} · {words.since(time(row.created_at))} · {words.until(time(row.expires_at))}
      </p>
    </li>
  );
}
