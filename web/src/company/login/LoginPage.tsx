import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input } from "antd";
import { Link, Navigate, useSearchParams } from "react-router";

import { login, sessionQuery } from "../../api/company";
import { SESSION } from "../../api/query";
import { nextPage } from "../../design/next-page";
import { PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { common } from "../../i18n/common";
import { company } from "../../i18n/company";
import { useTexts } from "../../i18n/texts";

interface Fields {
  account: string;
  password: string;
}

/** 企业登录, and back to where one was. */
export function LoginPage() {
  const texts = useTexts(common);
  const { login: words } = useTexts(company);
  const [search] = useSearchParams();
  const client = useQueryClient();
  const session = useQuery(sessionQuery);
  const send = useMutation({
    mutationFn: ({ account, password }: Fields) => login({ account: account.trim(), password }),
    onSuccess: (view) => {
      // Nothing that somebody else saw in this tab stays.
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
      client.setQueryData(SESSION, view);
    },
  });
  if (session.data) {
    return <Navigate to={nextPage(search, "/")} replace />;
  }
  return (
    <PageFrame title={words.title} width="narrow">
      {search.has("next") && <Alert type="info" showIcon title={words.first} />}
      <Panel>
        <Form<Fields> layout="vertical" requiredMark={false} disabled={send.isPending} onFinish={(f) => send.mutate(f)}>
          <Form.Item
            name="account"
            label={words.account}
            rules={[{ required: true, whitespace: true, message: texts.required }]}
          >
            <Input size="large" autoComplete="username" maxLength={200} spellCheck={false} />
          </Form.Item>
          <Form.Item name="password" label={words.password} rules={[{ required: true, message: texts.required }]}>
            <Input.Password size="large" autoComplete="current-password" maxLength={200} />
          </Form.Item>
          <div className="stack">
            <ProblemAlert error={send.error} />
            <Button type="primary" size="large" htmlType="submit" block loading={send.isPending}>
              {words.submit}
            </Button>
          </div>
        </Form>
      </Panel>
      <p>
        {words.noAccount} <Link to={{ pathname: "/register", search: search.toString() }}>{words.register}</Link>
      </p>
    </PageFrame>
  );
}
