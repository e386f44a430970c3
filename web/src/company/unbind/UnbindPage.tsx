import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";

import { ApiError } from "../../api/errors";
import { SESSION } from "../../api/query";
import type { CodeSent, FieldError, UnbindingRequest } from "../../api/schema";
import { confirmUnbinding, requestUnbinding } from "../../api/unbinding";
import { MAIL, MOBILE } from "../../design/checks";
import { CodeField } from "../../design/CodeField";
import { useDraft } from "../../design/draft";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { Actions, PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { useHumanCheck } from "../../design/use-human";
import { access } from "../../i18n/access";
import { common } from "../../i18n/common";
import { unbinding } from "../../i18n/unbinding";
import { useTexts } from "../../i18n/texts";
import { creditCodeProblem } from "../register/credit-code";
import css from "./unbind.module.css";

type Items = Omit<UnbindingRequest, "human"> & Required<Pick<UnbindingRequest, (typeof OPTIONAL)[number]>>;

const OPTIONAL = ["account", "contact_name", "organisation_code", "mobile", "company_name"] as const;
/** So many items have to be there, the mailbox among them. */
const ENOUGH = 3;

const NAMES: FieldNames = Object.fromEntries(["mail", ...OPTIONAL].map((name) => [name, name]));
const NOTHING: Items = {
  mail: "",
  account: "",
  contact_name: "",
  organisation_code: "",
  mobile: "",
  company_name: "",
};

function normaliseCode(typed: string): string {
  return typed.normalize("NFKC").replace(/[\s-]/g, "").toUpperCase();
}

/** Nothing that is no organisation code at all needs a round trip. */
function isOrganisationCode(typed: string): boolean {
  const code = normaliseCode(typed);
  return /^[0-9A-Z]{9}$/.test(code) || creditCodeProblem(code) === undefined;
}

function normalised(items: Items): Items {
  return {
    mail: items.mail.trim(),
    account: items.account.trim(),
    contact_name: items.contact_name.trim(),
    organisation_code: normaliseCode(items.organisation_code),
    mobile: items.mobile.trim(),
    company_name: items.company_name.trim(),
  };
}

function isOpen(sent: CodeSent | null): sent is CodeSent {
  return sent !== null && Date.parse(sent.expires_at) > Date.now();
}

/** 证书解绑 (R28–R30): data on record, then the code from the mailbox. */
export function UnbindPage() {
  const { unbind: words } = useTexts(unbinding);
  const [typed, keep, forget] = useDraft("unbind", { items: NOTHING, sent: null as CodeSent | null });
  const [sent, setSent] = useState(isOpen(typed.sent) ? typed.sent : null);
  const [isDone, setDone] = useState(false);
  const client = useQueryClient();
  const put = (next: CodeSent | null, items = typed.items) => {
    keep({ items, sent: next });
    setSent(next);
  };
  if (isDone) {
    return <Done />;
  }
  return (
    <PageFrame title={words.title} width="narrow">
      {sent ? (
        <Confirm
          sent={sent}
          items={typed.items}
          onSent={(next) => put(next)}
          onBack={() => put(null)}
          onDone={() => {
            forget();
            client.setQueryData(SESSION, null);
            client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
            setDone(true);
          }}
        />
      ) : (
        <Ask items={typed.items} onTyped={(items) => keep({ items, sent: null })} onSent={put} />
      )}
    </PageFrame>
  );
}

interface AskProps {
  items: Items;
  onTyped: (items: Items) => void;
  onSent: (sent: CodeSent, items: Items) => void;
}

function Ask({ items, onTyped, onSent }: AskProps) {
  const texts = useTexts(common);
  const { unbind: words, invalidMail } = useTexts(unbinding);
  const [form] = Form.useForm<Items>();
  const human = useHumanCheck();
  const [tooFew, setTooFew] = useState(false);
  const [rest, setRest] = useState<FieldError[]>([]);
  const send = useMutation({
    mutationFn: (fields: Items) => human.run((payload) => requestUnbinding({ ...normalised(fields), human: payload })),
    onSuccess: (sent, fields) => onSent(sent, fields),
    onError: (error) => {
      const unshown = showFieldErrors(form, NAMES, error);
      setTooFew(error instanceof ApiError && Boolean(error.problem.errors?.some(({ code }) => code === "not_enough")));
      setRest(unshown.filter(({ code }) => code !== "not_enough"));
    },
  });
  const submit = (fields: Items) => {
    const given = Object.values(normalised(fields)).filter((text) => text !== "").length;
    setTooFew(given < ENOUGH);
    if (given < ENOUGH) {
      const empty = OPTIONAL.find((name) => fields[name].trim() === "");
      if (empty) {
        form.focusField(empty);
      }
      return;
    }
    setRest([]);
    send.mutate(fields);
  };
  return (
    <>
      <p className="soft">{words.lead}</p>
      <Form<Items>
        form={form}
        layout="vertical"
        initialValues={items}
        validateTrigger="onBlur"
        scrollToFirstError={{ focus: true, block: "center" }}
        disabled={send.isPending}
        onValuesChange={(_, all: Items) => onTyped(all)}
        onFinish={submit}
      >
        <div className="stack">
          <Panel title={words.items}>
            <p className="soft small">{words.itemsHint}</p>
            <div>
              <Form.Item
                name="mail"
                label={words.mail}
                extra={words.mailHint}
                rules={[
                  { required: true, whitespace: true, message: texts.required },
                  { pattern: MAIL, message: invalidMail },
                ]}
              >
                <Input type="email" autoComplete="email" maxLength={254} />
              </Form.Item>
              <Form.Item name="account" label={words.account}>
                <Input autoComplete="username" maxLength={200} spellCheck={false} />
              </Form.Item>
              <Form.Item name="contact_name" label={words.contactName}>
                <Input autoComplete="name" maxLength={100} />
              </Form.Item>
              <Form.Item
                name="organisation_code"
                label={words.organisationCode}
                extra={words.organisationCodeHint}
                rules={[
                  {
                    validator: (_, value: string) =>
                      value.trim() === "" || isOrganisationCode(value)
                        ? Promise.resolve()
                        : Promise.reject(new Error(words.organisationCodeForm)),
                  },
                ]}
              >
                <Input autoComplete="off" maxLength={24} spellCheck={false} style={{ textTransform: "uppercase" }} />
              </Form.Item>
              <Form.Item name="mobile" label={words.mobile} rules={[{ pattern: MOBILE, message: texts.invalidMobile }]}>
                <Input type="tel" inputMode="numeric" autoComplete="tel-national" maxLength={11} />
              </Form.Item>
              <Form.Item name="company_name" label={words.companyName}>
                <Input autoComplete="organization" maxLength={200} />
              </Form.Item>
            </div>
            {human.check}
          </Panel>
          {tooFew && <Alert type="error" showIcon role="alert" title={words.tooFew} />}
          {!(tooFew && rest.length === 0) && <ProblemAlert error={send.error} fields={rest} />}
          <p className="soft small">{words.what}</p>
          <Button type="primary" size="large" htmlType="submit" block loading={send.isPending}>
            {words.submit}
          </Button>
          <p>
            {words.lost} <Link to="/recover">{words.lostLink}</Link>
          </p>
          <p className="soft small">{words.same}</p>
        </div>
      </Form>
    </>
  );
}

interface ConfirmProps {
  sent: CodeSent;
  items: Items;
  onSent: (sent: CodeSent) => void;
  onBack: () => void;
  onDone: () => void;
}

function Confirm({ sent, items, onSent, onBack, onDone }: ConfirmProps) {
  const texts = useTexts(common);
  const { code: codeWords } = useTexts(access);
  const { unbind: words } = useTexts(unbinding);
  const [form] = Form.useForm<{ code: string }>();
  const [isAgain, setAgain] = useState(false);
  const human = useHumanCheck({ lazily: true });
  const confirm = useMutation({
    mutationFn: ({ code }: { code: string }) => confirmUnbinding(sent.code, code),
    onSuccess: onDone,
    onError: (error) => {
      if (error instanceof ApiError && error.code === "code_wrong") {
        form.setFields([{ name: "code", errors: [error.problem.title] }]);
        form.focusField("code");
      } else {
        showFieldErrors(form, { code: "code" }, error);
      }
    },
  });
  const again = useMutation({
    mutationFn: () => human.run((payload) => requestUnbinding({ ...normalised(items), human: payload })),
    onSuccess: (next) => {
      setAgain(true);
      form.resetFields();
      confirm.reset();
      onSent(next);
    },
  });
  return (
    <Form form={form} layout="vertical" requiredMark={false} onFinish={(fields) => confirm.mutate(fields)}>
      <div className="stack">
        <Panel title={words.code}>
          <Alert type="info" showIcon title={words.same} />
          {isAgain && <Alert type="success" showIcon role="status" title={words.resent} />}
          <Form.Item
            className={css.last}
            name="code"
            label={words.codeLabel}
            rules={[
              { required: true, message: texts.required },
              { pattern: /^\d{6}$/, message: codeWords.sixDigits },
            ]}
            validateTrigger="onSubmit"
          >
            <CodeField sent={sent} maybe onResend={() => again.mutate()} resending={again.isPending} />
          </Form.Item>
          {human.check}
          <p className="soft small">{words.missing}</p>
        </Panel>
        <p className="soft small">{words.what}</p>
        <ProblemAlert error={confirm.error ?? again.error} />
        <Actions>
          <Button type="primary" size="large" htmlType="submit" loading={confirm.isPending}>
            {words.confirm}
          </Button>
          <Button type="text" size="large" disabled={confirm.isPending} onClick={onBack}>
            {words.change}
          </Button>
        </Actions>
        <p>
          {words.lost} <Link to="/recover">{words.lostLink}</Link>
        </p>
      </div>
    </Form>
  );
}

function Done() {
  const { after, toLogin, unbind: words } = useTexts(unbinding);
  const navigate = useNavigate();
  return (
    <PageFrame title={words.done} width="narrow">
      <Alert type="success" showIcon role="status" title={words.done} />
      <Panel title={words.next}>
        <ol className={css.list}>
          {after.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <Actions>
          <Button type="primary" size="large" onClick={() => void navigate("/login")}>
            {toLogin}
          </Button>
        </Actions>
      </Panel>
    </PageFrame>
  );
}
