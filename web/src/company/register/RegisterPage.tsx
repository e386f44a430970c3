import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, type FormInstance, Input } from "antd";
import { useEffect, useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";

import { confirmRegistration, register, resendRegistrationCode } from "../../api/access";
import { ApiError, hasCode } from "../../api/errors";
import { SESSION } from "../../api/query";
import type { FieldError } from "../../api/schema";
import { MAIL, MOBILE } from "../../design/checks";
import accessCss from "../../design/access.module.css";
import { CodeField } from "../../design/CodeField";
import { useDraft } from "../../design/draft";
import { type FieldNames, showCodeError, showFieldErrors } from "../../design/fields";
import { nextPage } from "../../design/next-page";
import { Actions, PageFrame, Panel } from "../../design/PageFrame";
import { PasswordFields } from "../../design/PasswordFields";
import { ProblemAlert } from "../../design/ProblemAlert";
import { type Sent, useSent } from "../../design/sent";
import { useHumanCheck } from "../../design/use-human";
import { access } from "../../i18n/access";
import { account } from "../../i18n/account";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/texts";
import { COUNTER, MALL, type Storefront } from "../storefronts";
import { creditCodeProblem, normaliseCreditCode } from "./credit-code";

interface Typed {
  companyName: string;
  creditCode: string;
  account: string;
  contactName: string;
  mobile: string;
  mail: string;
}

interface Fields extends Typed {
  password: string;
  again: string;
}

const NAMES: FieldNames = {
  account: "account",
  password: "password",
  company_name: "companyName",
  credit_code: "creditCode",
  "contact.name": "contactName",
  "contact.mobile": "mobile",
  "contact.mail": "mail",
};

const NOTHING: Typed = { companyName: "", creditCode: "", account: "", contactName: "", mobile: "", mail: "" };

/** 企业注册: names a company and, when its mobile number is confirmed, logs its first person in. */
export function RegisterPage() {
  return <Register storefront={MALL} />;
}

/** The same where the company's full name is the login name (R50). */
export function CounterRegisterPage() {
  return <Register storefront={COUNTER} />;
}

function Register({ storefront }: { storefront: Storefront }) {
  const { register: words } = useTexts(account);
  const key = `register:${storefront.id}`;
  const [typed, keep, forget] = useDraft(key, NOTHING);
  const [sent, keepSent, forgetSent] = useSent(`${key}:code`);
  // Kept as long as the page lives, for whoever comes back from the code to mend something.
  const [password, keepPassword] = useState("");
  // Why the code's step led back to the form.
  const [refused, setRefused] = useState<unknown>();
  const [done, setDone] = useState(false);
  const client = useQueryClient();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const next = nextPage(search, storefront.home);
  if (done) {
    return (
      <PageFrame title={words.title} width="narrow">
        <Panel>
          <Alert type="success" showIcon role="status" title={words.done} description={words.doneText} />
          <Actions>
            <Button type="primary" size="large" onClick={() => void navigate("/company/qualification")}>
              {words.toQualification}
            </Button>
            <Link to={next}>{words.later}</Link>
          </Actions>
        </Panel>
      </PageFrame>
    );
  }
  return (
    <PageFrame title={words.title} width="narrow">
      {sent ? (
        <CodeStep
          sent={sent}
          onSent={(code) => keepSent(code, sent.of)}
          onBack={(why) => {
            setRefused(why);
            forgetSent();
          }}
          onConfirmed={(session) => {
            forget();
            forgetSent();
            client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
            client.setQueryData(SESSION, session);
            if (storefront.gate) {
              setDone(true);
            } else {
              void navigate(next, { replace: true });
            }
          }}
        />
      ) : (
        <FormStep
          storefront={storefront}
          typed={{ ...typed, password, again: password }}
          refused={refused}
          onTyped={keep}
          onSent={(view, fields) => {
            keepPassword(fields.password);
            setRefused(undefined);
            keepSent(view.code, view.registration);
          }}
        />
      )}
    </PageFrame>
  );
}

interface FormStepProps {
  storefront: Storefront;
  typed: Fields;
  refused: unknown;
  onTyped: (typed: Typed) => void;
  onSent: (view: Awaited<ReturnType<typeof register>>, fields: Fields) => void;
}

function FormStep({ storefront, typed, refused, onTyped, onSent }: FormStepProps) {
  const texts = useTexts(common);
  const { register: words } = useTexts(account);
  const { login } = useTexts(access);
  const [form] = Form.useForm<Fields>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const [search] = useSearchParams();
  const human = useHumanCheck();
  const send = useMutation({
    mutationFn: (fields: Fields) =>
      human.run((payload) =>
        register({
          storefront: storefront.id,
          account: storefront.accountNames ? fields.account.trim() : null,
          password: fields.password,
          company_name: fields.companyName.trim(),
          credit_code: normaliseCreditCode(fields.creditCode),
          contact: { name: fields.contactName.trim(), mobile: fields.mobile.trim(), mail: fields.mail.trim() },
          human: payload,
        }),
      ),
    onSuccess: onSent,
    onError: (error) => {
      setRest(showFieldErrors(form, NAMES, error));
      showTaken(form, error);
    },
  });
  useEffect(() => showTaken(form, refused), [form, refused]);
  const required = { required: true, whitespace: true, message: texts.required };
  return (
    <>
      <p className="soft">
        {words.lead} {storefront.gate && words.leadGate}
      </p>
      <Form<Fields>
        form={form}
        layout="vertical"
        requiredMark
        scrollToFirstError={{ focus: true, block: "center" }}
        initialValues={typed}
        validateTrigger="onBlur"
        onValuesChange={(_, { companyName, creditCode, account, contactName, mobile, mail }: Fields) =>
          onTyped({ companyName, creditCode, account, contactName, mobile, mail })
        }
        onFinish={(fields) => {
          setRest([]);
          send.mutate(fields);
        }}
      >
        <div className="stack">
          <Panel title={words.company}>
            <div>
              <Form.Item
                name="companyName"
                label={words.companyName}
                extra={storefront.accountNames ? words.companyNameHint : words.companyNameLogin}
                rules={[required]}
              >
                <Input autoComplete="organization" maxLength={200} />
              </Form.Item>
              <Form.Item
                name="creditCode"
                label={words.creditCode}
                extra={words.creditCodeHint}
                rules={[
                  required,
                  {
                    validator: (_, value: string) => {
                      const problem = value.trim() === "" ? undefined : creditCodeProblem(value);
                      return problem
                        ? Promise.reject(new Error(problem === "form" ? words.creditCodeForm : words.creditCodeCheck))
                        : Promise.resolve();
                    },
                  },
                ]}
              >
                <Input autoComplete="off" maxLength={24} spellCheck={false} style={{ textTransform: "uppercase" }} />
              </Form.Item>
            </div>
          </Panel>
          <Panel title={words.contact}>
            <div>
              <Form.Item name="contactName" label={words.contactName} rules={[required]}>
                <Input autoComplete="name" maxLength={100} />
              </Form.Item>
              <Form.Item
                name="mobile"
                label={words.mobile}
                extra={words.mobileHint}
                rules={[required, { pattern: MOBILE, message: texts.invalidMobile }]}
              >
                <Input type="tel" inputMode="numeric" autoComplete="tel-national" maxLength={11} />
              </Form.Item>
              <Form.Item
                name="mail"
                label={words.mail}
                extra={words.mailHint}
                rules={[required, { pattern: MAIL, message: words.invalidMail }]}
              >
                <Input type="email" autoComplete="email" maxLength={254} />
              </Form.Item>
            </div>
          </Panel>
          <Panel title={words.account}>
            <div>
              {storefront.accountNames && (
                <Form.Item name="account" label={words.accountName} extra={words.accountNameHint} rules={[required]}>
                  <Input autoComplete="username" maxLength={64} spellCheck={false} />
                </Form.Item>
              )}
              <PasswordFields form={form} />
            </div>
          </Panel>
          {human.check}
          <ProblemAlert error={send.error ?? refused} fields={rest} />
          <Button type="primary" size="large" htmlType="submit" block loading={send.isPending}>
            {words.submit}
          </Button>
          <p>
            {words.haveAccount}{" "}
            <Link to={{ pathname: `${storefront.base}/login`, search: search.toString() }}>{login.submit}</Link>
          </p>
        </div>
      </Form>
    </>
  );
}

/** Shows at its field that the account name is taken. */
function showTaken(form: FormInstance<Fields>, error: unknown): void {
  if (error instanceof ApiError && hasCode(error, "account_taken")) {
    form.setFields([{ name: "account", errors: [error.problem.title] }]);
    form.scrollToField("account", { focus: true, block: "center" });
  }
}

interface CodeStepProps {
  sent: Sent;
  onSent: (sent: Awaited<ReturnType<typeof resendRegistrationCode>>) => void;
  onBack: (why?: unknown) => void;
  onConfirmed: (session: Awaited<ReturnType<typeof confirmRegistration>>) => void;
}

/** Proves the mobile number (R51). */
function CodeStep({ sent, onSent, onBack, onConfirmed }: CodeStepProps) {
  const texts = useTexts(common);
  const { register: words } = useTexts(account);
  const { code: codeWords } = useTexts(access);
  const [form] = Form.useForm<{ code: string }>();
  const human = useHumanCheck({ lazily: true });
  const backFor = (error: unknown) => {
    // Taken in the meantime, or no registration waits any more: only the form helps.
    if (hasCode(error, "account_taken", "not_found", "link_expired")) {
      onBack(error);
    }
  };
  const confirm = useMutation({
    mutationFn: ({ code }: { code: string }) => confirmRegistration(sent.of, code),
    onSuccess: onConfirmed,
    onError: (error) => {
      showCodeError(form, "code", error);
      backFor(error);
    },
  });
  const again = useMutation({
    mutationFn: () => human.run((payload) => resendRegistrationCode(sent.of, payload)),
    onSuccess: (code) => {
      confirm.reset();
      form.resetFields();
      onSent(code);
    },
    onError: backFor,
  });
  return (
    <Panel title={words.codeStep}>
      <Form<{ code: string }>
        form={form}
        layout="vertical"
        requiredMark={false}
        validateTrigger="onBlur"
        onFinish={(fields) => confirm.mutate(fields)}
      >
        <Form.Item
          name="code"
          label={codeWords.label}
          rules={[
            { required: true, message: texts.required },
            { len: 6, message: codeWords.sixDigits },
          ]}
        >
          <CodeField sent={sent} onResend={() => again.mutate()} resending={again.isPending} autoFocus />
        </Form.Item>
        <div className={["stack", accessCss.after].join(" ")}>
          {human.check}
          <ProblemAlert error={confirm.error ?? again.error} />
          <Actions>
            <Button type="primary" size="large" htmlType="submit" loading={confirm.isPending}>
              {words.confirm}
            </Button>
            <Button size="large" onClick={() => onBack()}>
              {words.change}
            </Button>
          </Actions>
        </div>
      </Form>
    </Panel>
  );
}
