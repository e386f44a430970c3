import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input } from "antd";
import { useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";

import { register, STOREFRONT } from "../../api/company";
import { SESSION } from "../../api/query";
import type { FieldError } from "../../api/schema";
import { MAIL, MOBILE, PASSWORD_MIN } from "../../design/checks";
import { useDraft } from "../../design/draft";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { nextPage } from "../../design/next-page";
import { PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { common } from "../../i18n/common";
import { company } from "../../i18n/company";
import { useTexts } from "../../i18n/texts";
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

/** 企业注册: names a company and logs its first person in. */
export function RegisterPage() {
  const texts = useTexts(common);
  const { register: words, login } = useTexts(company);
  const [form] = Form.useForm<Fields>();
  const [typed, keep, forget] = useDraft("register", NOTHING);
  const [rest, setRest] = useState<FieldError[]>([]);
  const client = useQueryClient();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const send = useMutation({
    mutationFn: (fields: Fields) =>
      register({
        storefront: STOREFRONT,
        account: fields.account.trim(),
        password: fields.password,
        company_name: fields.companyName.trim(),
        credit_code: normaliseCreditCode(fields.creditCode),
        contact: { name: fields.contactName.trim(), mobile: fields.mobile.trim(), mail: fields.mail.trim() },
      }),
    onSuccess: (session) => {
      forget();
      client.setQueryData(SESSION, session);
      void navigate(nextPage(search, "/"), { replace: true });
    },
    onError: (error) => setRest(showFieldErrors(form, NAMES, error)),
  });
  const required = { required: true, whitespace: true, message: texts.required };
  return (
    <PageFrame title={words.title} width="narrow">
      <p className="soft">{words.lead}</p>
      <Form<Fields>
        form={form}
        layout="vertical"
        requiredMark
        scrollToFirstError={{ focus: true, block: "center" }}
        initialValues={typed}
        validateTrigger="onBlur"
        disabled={send.isPending}
        onValuesChange={(_, { companyName, creditCode, account, contactName, mobile, mail }: Fields) =>
          keep({ companyName, creditCode, account, contactName, mobile, mail })
        }
        onFinish={(fields) => send.mutate(fields)}
      >
        <div className="stack">
          <Panel title={words.company}>
            <div>
              <Form.Item name="companyName" label={words.companyName} extra={words.companyNameHint} rules={[required]}>
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
                extra={texts.hintMobile}
                rules={[required, { pattern: MOBILE, message: texts.invalidMobile }]}
              >
                <Input type="tel" inputMode="numeric" autoComplete="tel-national" maxLength={11} />
              </Form.Item>
              <Form.Item
                name="mail"
                label={words.mail}
                rules={[required, { pattern: MAIL, message: words.invalidMail }]}
              >
                <Input type="email" autoComplete="email" maxLength={254} />
              </Form.Item>
            </div>
          </Panel>
          <Panel title={words.account}>
            <div>
              <Form.Item name="account" label={words.accountName} rules={[required]}>
                <Input autoComplete="username" maxLength={64} spellCheck={false} />
              </Form.Item>
              <Form.Item
                name="password"
                label={words.password}
                extra={words.passwordHint}
                rules={[
                  { required: true, message: texts.required },
                  {
                    validator: (_, value: string | undefined) =>
                      value && Array.from(value).length < PASSWORD_MIN
                        ? Promise.reject(new Error(words.passwordShort))
                        : Promise.resolve(),
                  },
                ]}
              >
                <Input.Password autoComplete="new-password" maxLength={200} />
              </Form.Item>
              <Form.Item
                name="again"
                label={words.passwordAgain}
                dependencies={["password"]}
                rules={[
                  { required: true, message: texts.required },
                  {
                    validator: (_, value: string | undefined) =>
                      value && value !== form.getFieldValue("password")
                        ? Promise.reject(new Error(words.passwordDiffers))
                        : Promise.resolve(),
                  },
                ]}
              >
                <Input.Password autoComplete="new-password" maxLength={200} />
              </Form.Item>
            </div>
          </Panel>
          <ProblemAlert error={send.error} fields={rest} />
          <Button type="primary" size="large" htmlType="submit" block loading={send.isPending}>
            {words.submit}
          </Button>
          <p>
            {words.haveAccount} <Link to={{ pathname: "/login", search: search.toString() }}>{login.submit}</Link>
          </p>
        </div>
      </Form>
    </PageFrame>
  );
}
