import { useMutation } from "@tanstack/react-query";
import { Button, Checkbox, Form, Input } from "antd";
import { useState } from "react";

import { STOREFRONT } from "../../api/company";
import type { FieldError, RecoveryView } from "../../api/schema";
import { beginRecovery, CONSENT_VERSION } from "../../api/unbinding";
import { MAIL, MOBILE } from "../../design/checks";
import { useDraft } from "../../design/draft";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { useHumanCheck } from "../../design/use-human";
import { common } from "../../i18n/common";
import { unbinding } from "../../i18n/unbinding";
import { useTexts } from "../../i18n/texts";
import { creditCodeProblem, normaliseCreditCode } from "../register/credit-code";
import css from "./recover.module.css";

/** Where the tab keeps what was typed. */
export const DRAFT = "recover";

interface Typed {
  company_name: string;
  credit_code: string;
  name: string;
  mobile: string;
  mail: string;
}

interface Fields extends Typed {
  consent: boolean;
}

const NOTHING: Typed = { company_name: "", credit_code: "", name: "", mobile: "", mail: "" };

const NAMES: FieldNames = {
  company_name: "company_name",
  credit_code: "credit_code",
  "contact.name": "name",
  "contact.mobile": "mobile",
  "contact.mail": "mail",
  consent: "consent",
};

/** Who applies, and where they can be reached from now on. */
export function Application({ onBegun }: { onBegun: (view: RecoveryView) => void }) {
  const texts = useTexts(common);
  const { recover: words, invalidMail } = useTexts(unbinding);
  const [form] = Form.useForm<Fields>();
  const [typed, keep] = useDraft(DRAFT, NOTHING);
  const [rest, setRest] = useState<FieldError[]>([]);
  const human = useHumanCheck();
  const begin = useMutation({
    mutationFn: (fields: Fields) =>
      human.run((payload) =>
        beginRecovery({
          storefront: STOREFRONT,
          company_name: fields.company_name.trim(),
          credit_code: normaliseCreditCode(fields.credit_code),
          contact: { name: fields.name.trim(), mobile: fields.mobile.trim(), mail: fields.mail.trim() },
          consent: CONSENT_VERSION,
          human: payload,
        }),
      ),
    onSuccess: onBegun,
    onError: (error) => setRest(showFieldErrors(form, NAMES, error)),
  });
  const required = { required: true, whitespace: true, message: texts.required };
  return (
    <Form<Fields>
      form={form}
      layout="vertical"
      initialValues={{ ...typed, consent: false }}
      validateTrigger="onBlur"
      scrollToFirstError={{ focus: true, block: "center" }}
      disabled={begin.isPending}
      onValuesChange={(_, { company_name, credit_code, name, mobile, mail }: Fields) =>
        keep({ company_name, credit_code, name, mobile, mail })
      }
      onFinish={(fields) => begin.mutate(fields)}
    >
      <div className="stack">
        <Panel title={words.company}>
          <div>
            <Form.Item name="company_name" label={words.companyName} extra={words.companyNameHint} rules={[required]}>
              <Input autoComplete="organization" maxLength={200} />
            </Form.Item>
            <Form.Item
              name="credit_code"
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
          <p className="soft small">{words.codesHint}</p>
          <div>
            <Form.Item name="name" label={words.contactName} rules={[required]}>
              <Input autoComplete="name" maxLength={100} />
            </Form.Item>
            <Form.Item
              name="mobile"
              label={words.mobile}
              rules={[required, { pattern: MOBILE, message: texts.invalidMobile }]}
            >
              <Input type="tel" inputMode="numeric" autoComplete="tel-national" maxLength={11} />
            </Form.Item>
            <Form.Item name="mail" label={words.mail} rules={[required, { pattern: MAIL, message: invalidMail }]}>
              <Input type="email" autoComplete="email" maxLength={254} />
            </Form.Item>
          </div>
        </Panel>
        <Panel
          title={words.consent}
          beside={<span className="soft small">{words.consentVersion(CONSENT_VERSION)}</span>}
        >
          <ul className={css.consent}>
            {words.consentText.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
          <Form.Item
            className={css.last}
            name="consent"
            valuePropName="checked"
            rules={[
              {
                validator: (_, agreed: boolean) =>
                  agreed ? Promise.resolve() : Promise.reject(new Error(words.consentNeeded)),
              },
            ]}
            validateTrigger="onChange"
          >
            <Checkbox>{words.consentBox}</Checkbox>
          </Form.Item>
        </Panel>
        {human.check}
        <ProblemAlert error={begin.error} fields={rest} />
        <Button type="primary" size="large" htmlType="submit" block loading={begin.isPending}>
          {words.begin}
        </Button>
      </div>
    </Form>
  );
}
