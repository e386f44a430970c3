import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";

import { requestPasswordReset, resetPassword } from "../../api/access";
import type { CodeSent, FieldError } from "../../api/schema";
import { MOBILE } from "../../design/checks";
import { CodeField } from "../../design/CodeField";
import { useDraft } from "../../design/draft";
import { type FieldNames, showCodeError, showFieldErrors } from "../../design/fields";
import { Actions, PageFrame, Panel } from "../../design/PageFrame";
import { PasswordFields } from "../../design/PasswordFields";
import { ProblemAlert } from "../../design/ProblemAlert";
import { useSent } from "../../design/sent";
import { useHumanCheck } from "../../design/use-human";
import { access } from "../../i18n/access";
import { account } from "../../i18n/account";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/texts";
import { COUNTER, MALL, type Storefront } from "../storefronts";

interface Typed {
  companyName: string;
  mobile: string;
}

interface NewPassword {
  code: string;
  password: string;
  again: string;
}

const NAMES: FieldNames = { company_name: "companyName", mobile: "mobile" };
const NEW_NAMES: FieldNames = { code: "code", password: "password" };
const NOTHING: Typed = { companyName: "", mobile: "" };

/** 忘记密码 (R53): a code by text message sets a new password. The page is the same for every company, known or not. */
export function ForgotPage() {
  return <Forgot storefront={MALL} />;
}

/** The same on the way to the other login. */
export function CounterForgotPage() {
  return <Forgot storefront={COUNTER} />;
}

function Forgot({ storefront }: { storefront: Storefront }) {
  const { forgot: words } = useTexts(account);
  const [typed, keep, forget] = useDraft("forgot", NOTHING);
  const [sent, keepSent, forgetSent] = useSent("forgot:code");
  const [done, setDone] = useState(false);
  const navigate = useNavigate();
  const back = { to: `${storefront.base}/login`, label: words.toLogin };
  if (done) {
    return (
      <PageFrame title={words.title} width="narrow">
        <Panel>
          <Alert type="success" showIcon role="status" title={words.done} description={words.doneText} />
          <Actions>
            <Button type="primary" size="large" onClick={() => void navigate(back.to)}>
              {words.toLogin}
            </Button>
          </Actions>
        </Panel>
      </PageFrame>
    );
  }
  return (
    <PageFrame title={words.title} width="narrow" back={back}>
      {sent ? (
        <NewPasswordStep
          sent={sent}
          typed={typed}
          onSent={keepSent}
          onBack={forgetSent}
          onDone={() => {
            forget();
            forgetSent();
            setDone(true);
          }}
        />
      ) : (
        <AskStep typed={typed} onTyped={keep} onSent={keepSent} />
      )}
    </PageFrame>
  );
}

interface AskStepProps {
  typed: Typed;
  onTyped: (typed: Typed) => void;
  onSent: (sent: CodeSent) => void;
}

function AskStep({ typed, onTyped, onSent }: AskStepProps) {
  const texts = useTexts(common);
  const { forgot: words } = useTexts(account);
  const [form] = Form.useForm<Typed>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const human = useHumanCheck();
  const send = useMutation({
    mutationFn: (fields: Typed) => human.run((payload) => ask(fields, payload)),
    onSuccess: onSent,
    onError: (error) => setRest(showFieldErrors(form, NAMES, error)),
  });
  const required = { required: true, whitespace: true, message: texts.required };
  return (
    <>
      <p className="soft">{words.lead}</p>
      <Panel>
        <Form<Typed>
          form={form}
          layout="vertical"
          requiredMark={false}
          initialValues={typed}
          validateTrigger="onBlur"
          onValuesChange={(_, all: Typed) => onTyped(all)}
          onFinish={(fields) => {
            setRest([]);
            send.mutate(fields);
          }}
        >
          <Form.Item name="companyName" label={words.companyName} extra={words.companyNameHint} rules={[required]}>
            <Input size="large" autoComplete="organization" maxLength={200} />
          </Form.Item>
          <Form.Item
            name="mobile"
            label={words.mobile}
            rules={[required, { pattern: MOBILE, message: texts.invalidMobile }]}
          >
            <Input size="large" type="tel" inputMode="numeric" autoComplete="tel-national" maxLength={11} />
          </Form.Item>
          <div className="stack">
            {human.check}
            <ProblemAlert error={send.error} fields={rest} />
            <Button type="primary" size="large" htmlType="submit" block loading={send.isPending}>
              {words.send}
            </Button>
          </div>
        </Form>
      </Panel>
      <p>
        {words.lost} <Link to="/recover">{words.lostLink}</Link>
      </p>
    </>
  );
}

interface NewPasswordStepProps {
  sent: CodeSent;
  typed: Typed;
  onSent: (sent: CodeSent) => void;
  onBack: () => void;
  onDone: () => void;
}

function NewPasswordStep({ sent, typed, onSent, onBack, onDone }: NewPasswordStepProps) {
  const texts = useTexts(common);
  const { forgot: words } = useTexts(account);
  const { code: codeWords } = useTexts(access);
  const [form] = Form.useForm<NewPassword>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const human = useHumanCheck({ lazily: true });
  const set = useMutation({
    mutationFn: ({ code, password }: NewPassword) => resetPassword(sent.code, { code, password }),
    onSuccess: onDone,
    onError: (error) => {
      setRest(showFieldErrors(form, NEW_NAMES, error));
      showCodeError(form, "code", error);
    },
  });
  const again = useMutation({
    mutationFn: () => human.run((payload) => ask(typed, payload)),
    onSuccess: (code) => {
      set.reset();
      form.resetFields(["code"]);
      onSent(code);
    },
  });
  return (
    <Panel title={words.codeStep}>
      <Form<NewPassword>
        form={form}
        layout="vertical"
        requiredMark={false}
        validateTrigger="onBlur"
        scrollToFirstError={{ focus: true, block: "center" }}
        onFinish={(fields) => {
          setRest([]);
          set.mutate(fields);
        }}
      >
        <Form.Item
          name="code"
          label={codeWords.label}
          rules={[
            { required: true, message: texts.required },
            { len: 6, message: codeWords.sixDigits },
          ]}
        >
          <CodeField sent={sent} maybe onResend={() => again.mutate()} resending={again.isPending} autoFocus />
        </Form.Item>
        {human.check}
        <PasswordFields form={form} label={words.newPassword} />
        <div className="stack">
          <ProblemAlert error={set.error ?? again.error} fields={rest} />
          <Actions>
            <Button type="primary" size="large" htmlType="submit" loading={set.isPending}>
              {words.submit}
            </Button>
            <Button size="large" onClick={onBack}>
              {words.change}
            </Button>
          </Actions>
        </div>
      </Form>
    </Panel>
  );
}

const ask = ({ companyName, mobile }: Typed, human: string) =>
  requestPasswordReset({ company_name: companyName.trim(), mobile: mobile.trim(), human });
