import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Popconfirm } from "antd";
import { useState } from "react";

import { changePassword, endSession, logoutEverywhere, sessionsQuery } from "../../api/access";
import { ApiError, hasCode } from "../../api/errors";
import type { FieldError, SessionRow } from "../../api/schema";
import { forgetDrafts } from "../../design/draft";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { Facts, PageFrame, Panel } from "../../design/PageFrame";
import { PasswordFields } from "../../design/PasswordFields";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded } from "../../design/Standing";
import { useTimes } from "../../design/time";
import { account } from "../../i18n/account";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/texts";
import { useSession } from "../shell/RequireSession";
import css from "./security.module.css";

/** 账号安全: by what name one logs in, where one is logged in, and one's password. */
export function SecurityPage() {
  const { security: words } = useTexts(account);
  const session = useSession();
  return (
    <PageFrame title={words.title}>
      <Panel title={words.account}>
        <Facts
          facts={[
            [words.person, session.name],
            [words.accountName, session.account ?? words.none],
            [words.company, session.company_name],
          ]}
        />
      </Panel>
      <Sessions />
      <Password name={session.account ?? session.company_name} />
    </PageFrame>
  );
}

function Sessions() {
  const texts = useTexts(common);
  const { security: words } = useTexts(account);
  const client = useQueryClient();
  const sessions = useQuery(sessionsQuery);
  const end = useMutation({
    mutationFn: endSession,
    onSuccess: (_, ended) =>
      client.setQueryData(
        sessionsQuery.queryKey,
        (before) => before && { sessions: before.sessions.filter(({ id }) => id !== ended) },
      ),
    // Ended elsewhere already: the list tells.
    onError: () => void client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
  const everywhere = useMutation({
    mutationFn: logoutEverywhere,
    onSuccess: () => {
      forgetDrafts();
      globalThis.location.assign("/login");
    },
  });
  return (
    <Panel
      title={words.sessions}
      beside={
        <Popconfirm
          title={words.everywhereSure}
          okText={words.everywhere}
          cancelText={texts.notSure}
          onConfirm={() => everywhere.mutate()}
        >
          <Button danger loading={everywhere.isPending}>
            {words.everywhere}
          </Button>
        </Popconfirm>
      }
    >
      <ProblemAlert error={everywhere.error ?? end.error} />
      {end.isSuccess && <Alert type="success" showIcon role="status" title={words.ended} />}
      <Loaded of={sessions}>
        {({ sessions: rows }) => (
          <ul className={css.sessions}>
            {rows.map((row) => (
              <Row
                key={row.id}
                row={row}
                ending={end.isPending && end.variables === row.id}
                onEnd={() => end.mutate(row.id)}
              />
            ))}
          </ul>
        )}
      </Loaded>
      <p className="soft small">{words.everywhereHint}</p>
    </Panel>
  );
}

function Row({ row, ending, onEnd }: { row: SessionRow; ending: boolean; onEnd: () => void }) {
  const { security: words } = useTexts(account);
  const { time } = useTimes();
  const device = row.device || words.unknownDevice;
  return (
    <li className={css.session}>
      <div className={css.device}>
        <h3>
          {device} {row.current && <span className={css.current}>{words.current}</span>}
        </h3>
        <p className="soft small">
          {words.level[row.level]} · <span className="mono">{row.address}</span>
        </p>
        <p className="soft small">
          {words.since(time(row.created_at))} · {words.until(time(row.expires_at))}
        </p>
      </div>
      {!row.current && (
        <Button aria-label={words.endOf(device)} loading={ending} onClick={onEnd}>
          {words.end}
        </Button>
      )}
    </li>
  );
}

interface Fields {
  current: string;
  password: string;
  again: string;
}

const NAMES: FieldNames = { current: "current", password: "password" };

function Password({ name }: { name: string }) {
  const texts = useTexts(common);
  const { security: words } = useTexts(account);
  const [form] = Form.useForm<Fields>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: ({ current, password }: Fields) => changePassword({ current, password }),
    onSuccess: () => {
      form.resetFields();
      void client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
    },
    onError: (error) => {
      setRest(showFieldErrors(form, NAMES, error));
      if (error instanceof ApiError && hasCode(error, "login_failed")) {
        form.setFields([{ name: "current", errors: [words.wrong] }]);
        form.scrollToField("current", { focus: true, block: "center" });
      }
    },
  });
  return (
    <Panel title={words.password}>
      <Form<Fields>
        form={form}
        className={css.password}
        layout="vertical"
        requiredMark={false}
        validateTrigger="onBlur"
        scrollToFirstError={{ focus: true, block: "center" }}
        onValuesChange={() => {
          if (change.isSuccess) {
            change.reset();
          }
        }}
        onFinish={(fields) => {
          setRest([]);
          change.mutate(fields);
        }}
      >
        {/* Tells password managers whose password this is. */}
        <input type="hidden" name="username" autoComplete="username" value={name} readOnly />
        <Form.Item name="current" label={words.currentPassword} rules={[{ required: true, message: texts.required }]}>
          <Input.Password autoComplete="current-password" maxLength={200} />
        </Form.Item>
        <PasswordFields form={form} label={words.newPassword} />
        <div className="stack">
          <ProblemAlert error={change.error} fields={rest} />
          {change.isSuccess && <Alert type="success" showIcon role="status" title={words.changed} />}
          <Button type="primary" size="large" htmlType="submit" loading={change.isPending}>
            {words.change}
          </Button>
        </div>
      </Form>
    </Panel>
  );
}
