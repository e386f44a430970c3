import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input } from "antd";
import { Navigate, useSearchParams } from "react-router";

import { staffLogin, staffSessionQuery } from "../../api/console";
import { STAFF_SESSION } from "../../api/query";
import { nextPage } from "../../design/next-page";
import { PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Shell } from "../../design/Shell";
import { common } from "../../i18n/common";
import { consoleTexts } from "../../i18n/console";
import { useTexts } from "../../i18n/texts";

interface Fields {
  mail: string;
  password: string;
}

/** Where staff log in, and go back to where they were. */
export function LoginPage() {
  const texts = useTexts(common);
  const { brand, login: words, nav } = useTexts(consoleTexts);
  const [search] = useSearchParams();
  const client = useQueryClient();
  const session = useQuery(staffSessionQuery);
  const send = useMutation({
    mutationFn: ({ mail, password }: Fields) => staffLogin({ mail: mail.trim(), password }),
    onSuccess: (view) => {
      // Nothing that a colleague saw in this tab stays.
      client.removeQueries({ predicate: ({ queryKey }) => queryKey.join() !== STAFF_SESSION.join() });
      client.setQueryData(STAFF_SESSION, view);
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
            <div className="stack">
              <ProblemAlert error={send.error} />
              <Button type="primary" size="large" htmlType="submit" block loading={send.isPending}>
                {words.submit}
              </Button>
            </div>
          </Form>
        </Panel>
      </PageFrame>
    </Shell>
  );
}
