import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input } from "antd";
import { lazy, Suspense, useState } from "react";
import { Link, Navigate, useSearchParams } from "react-router";

import { sessionQuery } from "../../api/company";
import { SESSION } from "../../api/query";
import type { SessionView } from "../../api/schema";
import { nextPage } from "../../design/next-page";
import { PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loading } from "../../design/Standing";
import { useHumanCheck } from "../../design/use-human";
import { access } from "../../i18n/access";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/texts";
import { COUNTER, MALL, type Storefront } from "../storefronts";
import { ask, type Bound, type Fields } from "./ask";
import css from "./login.module.css";

/** Few come this far, so it is no part of what everybody loads. */
const CodeStep = lazy(() => import("./CodeStep").then((m) => ({ default: m.CodeStep })));
const KeyLogin = lazy(() => import("./KeyLogin").then((m) => ({ default: m.KeyLogin })));

/** 账号登录 (R28, R52), and back to where one was. */
export function LoginPage() {
  return <Login storefront={MALL} />;
}

/** The same where the company's full name is the login name (R50). */
export function CounterLoginPage() {
  return <Login storefront={COUNTER} />;
}

function Login({ storefront }: { storefront: Storefront }) {
  const { login: words } = useTexts(access);
  const [search, setSearch] = useSearchParams();
  const client = useQueryClient();
  const session = useQuery(sessionQuery);
  const byKey = search.get("by") === "key";
  const chooseKey = (yes: boolean) =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      if (yes) {
        next.set("by", "key");
      } else {
        next.delete("by");
      }
      return next;
    });
  const [bound, setBound] = useState<Bound>();
  const [name, setName] = useState("");
  if (session.data) {
    return <Navigate to={nextPage(search, storefront.home)} replace />;
  }
  const enter = (view: SessionView) => {
    // Nothing that somebody else saw in this tab stays.
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
    client.setQueryData(SESSION, view);
  };
  return (
    <PageFrame title={byKey ? words.byKey : storefront.accountNames ? words.title : words.titleCounter} width="narrow">
      {byKey ? (
        <Suspense fallback={<Loading />}>
          <KeyLogin onBack={() => chooseKey(false)} />
        </Suspense>
      ) : bound ? (
        <Suspense fallback={<Loading />}>
          <CodeStep
            bound={bound}
            storefront={storefront}
            onSent={(sent) => setBound({ ...bound, sent })}
            onEnter={enter}
            onBack={() => setBound(undefined)}
            onKey={() => chooseKey(true)}
          />
        </Suspense>
      ) : (
        <PasswordStep
          storefront={storefront}
          name={name}
          onBound={(found) => {
            setName(found.fields.name);
            setBound(found);
          }}
          onEnter={enter}
          onKey={() => chooseKey(true)}
        />
      )}
    </PageFrame>
  );
}

interface PasswordStepProps {
  storefront: Storefront;
  name: string;
  onBound: (bound: Bound) => void;
  onEnter: (session: SessionView) => void;
  onKey: () => void;
}

function PasswordStep({ storefront, name, onBound, onEnter, onKey }: PasswordStepProps) {
  const texts = useTexts(common);
  const { login: words } = useTexts(access);
  const [search] = useSearchParams();
  const human = useHumanCheck();
  const send = useMutation({
    mutationFn: (fields: Fields) => human.run((payload) => ask(storefront, fields, payload)),
    onSuccess: ({ session, code }, fields) => {
      if (session) {
        onEnter(session);
      } else if (code) {
        onBound({ fields, sent: code });
      }
    },
  });
  const beside = (page: string) => ({ pathname: `${storefront.base}/${page}`, search: search.toString() });
  return (
    <>
      {search.has("next") && <Alert type="info" showIcon title={words.first} />}
      <Panel>
        <Form<Fields>
          layout="vertical"
          requiredMark={false}
          initialValues={{ name }}
          onFinish={(fields) => send.mutate(fields)}
        >
          <Form.Item
            name="name"
            label={storefront.accountNames ? words.name : words.nameCounter}
            extra={storefront.accountNames ? undefined : words.nameHintCounter}
            rules={[{ required: true, whitespace: true, message: texts.required }]}
          >
            <Input size="large" autoComplete="username" maxLength={200} spellCheck={false} />
          </Form.Item>
          <Form.Item name="password" label={words.password} rules={[{ required: true, message: texts.required }]}>
            <Input.Password size="large" autoComplete="current-password" maxLength={200} />
          </Form.Item>
          <div className="stack">
            {human.check}
            <ProblemAlert error={send.error} />
            <Button type="primary" size="large" htmlType="submit" block loading={send.isPending}>
              {words.submit}
            </Button>
            <Button size="large" block onClick={onKey}>
              {words.byKey}
            </Button>
            <p className={css.links}>
              <Link to={beside("forgot")}>{words.forgot}</Link>
              <Link to="/unbind">{words.unbind}</Link>
            </p>
          </div>
        </Form>
      </Panel>
      <p>
        {words.noAccount} <Link to={beside("register")}>{words.register}</Link>
      </p>
    </>
  );
}
