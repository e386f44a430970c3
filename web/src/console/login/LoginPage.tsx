import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";
import { Navigate, useSearchParams } from "react-router";

import { staffLogin, staffSessionQuery } from "../../api/console";
import { hasCode } from "../../api/errors";
import { STAFF_SESSION } from "../../api/query";
import type { FieldError } from "../../api/schema";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { nextPage } from "../../design/next-page";
import { PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Shell } from "../../design/Shell";
import { common } from "../../i18n/common";
import { consoleTexts } from "../../i18n/console";
import { staffTexts } from "../../i18n/staff";
import { useTexts } from "../../i18n/texts";
import { asDigits, SIX_DIGITS } from "./second-factor";

interface Fields {
  mail: string;
  password: string;
  code: string;
}

const NAMES: FieldNames = { mail: "mail", password: "password", code: "code" };

/** Where staff log in, and go back to where they were. */
export function LoginPage() {
  const texts = useTexts(common);
  const { brand, login: words, nav } = useTexts(consoleTexts);
  const { login: factor } = useTexts(staffTexts);
  const [form] = Form.useForm<Fields>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const [search] = useSearchParams();
  const client = useQueryClient();
  const session = useQuery(staffSessionQuery);
  const send = useMutation({
    mutationFn: ({ mail, password, code }: Fields) => staffLogin({ mail: mail.trim(), password, code }),
    onSuccess: (view) => {
      // Nothing that a colleague saw in this tab stays.
      client.removeQueries({ predicate: ({ queryKey }) => queryKey.join() !== STAFF_SESSION.join() });
      client.setQueryData(STAFF_SESSION, view);
    },
    onError: (error) => {
      setRest(showFieldErrors(form, NAMES, error));
      if (hasCode(error, "login_failed", "code_wrong")) {
        // It may be used up by this very try, and changes every half minute anyway.
        form.setFieldValue("code", "");
        form.focusField("code");
      }
    },
  });
  if (session.data) {
    const next = nextPage(search, "/console");
    return <Navigate to={next.startsWith("/console") ? next : "/console"} replace />;
  }
  return (
    <Shell brand={brand} home="/console/login" navLabel={nav.label} nav={[]} account={null}>
      <PageFrame title={words.title} width="narrow">
        {search.has("next") && <Alert type="info" showIcon title={words.first} />}
        <Panel>
          <Form<Fields>
            form={form}
            layout="vertical"
            requiredMark={false}
            disabled={send.isPending}
            onFinish={(fields) => send.mutate(fields)}
          >
            <Form.Item
              name="mail"
              label={words.mail}
              rules={[{ required: true, whitespace: true, message: texts.required }]}
            >
              <Input size="large" type="email" autoComplete="username" maxLength={254} />
            </Form.Item>
            <Form.Item name="password" label={words.password} rules={[{ required: true, message: texts.required }]}>
              <Input.Password size="large" autoComplete="current-password" maxLength={200} />
            </Form.Item>
            <Form.Item
              name="code"
              label={factor.code}
              extra={factor.codeHint}
              normalize={asDigits}
              rules={[
                { required: true, message: texts.required },
                { pattern: SIX_DIGITS, message: factor.codeForm },
              ]}
              validateTrigger="onSubmit"
            >
              <Input size="large" className="num" inputMode="numeric" autoComplete="one-time-code" maxLength={12} />
            </Form.Item>
            <div className="stack">
              <ProblemAlert error={send.error} fields={rest} />
              <Button type="primary" size="large" htmlType="submit" block loading={send.isPending}>
                {words.submit}
              </Button>
            </div>
          </Form>
        </Panel>
        <p className="soft small">{factor.invited}</p>
      </PageFrame>
    </Shell>
  );
}
