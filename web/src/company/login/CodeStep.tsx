import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Form } from "antd";
import { Link } from "react-router";

import { loginByCode } from "../../api/access";
import { hasCode } from "../../api/errors";
import type { CodeSent, SessionView } from "../../api/schema";
import accessCss from "../../design/access.module.css";
import { CodeField } from "../../design/CodeField";
import { showCodeError } from "../../design/fields";
import { Actions, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { useHumanCheck } from "../../design/use-human";
import { access } from "../../i18n/access";
import { codes } from "../../i18n/codes";
import { common } from "../../i18n/common";
import { keyUse } from "../../i18n/key-use";
import { useTexts } from "../../i18n/texts";
import type { Storefront } from "../storefronts";
import { ask, type Bound } from "./ask";

interface CodeStepProps {
  bound: Bound;
  storefront: Storefront;
  onSent: (sent: CodeSent) => void;
  onEnter: (session: SessionView) => void;
  onBack: () => void;
  onKey: () => void;
}

/** The company is bound to a key (R27): the code opens a limited session, unbinding a full one. */
export function CodeStep({ bound, storefront, onSent, onEnter, onBack, onKey }: CodeStepProps) {
  const texts = useTexts(common);
  const { login, code: codeWords } = useTexts(access);
  const { bound: words } = useTexts(codes);
  const { login: keyWords } = useTexts(keyUse);
  const [form] = Form.useForm<{ code: string }>();
  const human = useHumanCheck({ lazily: true });
  const enter = useMutation({
    mutationFn: ({ code }: { code: string }) => loginByCode({ id: bound.sent.code, code }),
    onSuccess: onEnter,
    onError: (error) => showCodeError(form, "code", error),
  });
  const again = useMutation({
    mutationFn: () => human.run((payload) => ask(storefront, bound.fields, payload)),
    onSuccess: ({ session, code }) => {
      if (session) {
        onEnter(session);
      } else if (code) {
        enter.reset();
        form.resetFields();
        onSent(code);
      }
    },
    onError: (error) => {
      if (hasCode(error, "login_failed")) {
        // The password was changed in between.
        onBack();
      }
    },
  });
  return (
    <>
      <Alert
        type="info"
        showIcon
        title={words.why}
        description={
          <>
            <p>{words.text}</p>
            <p>
              <Link to="/unbind">{login.unbind}</Link>
            </p>
          </>
        }
      />
      <Panel title={keyWords.title}>
        <p>{keyWords.first}</p>
        <Button type="primary" size="large" block onClick={onKey}>
          {login.byKey}
        </Button>
      </Panel>
      <Panel title={words.title}>
        <Form<{ code: string }>
          form={form}
          layout="vertical"
          requiredMark={false}
          validateTrigger="onBlur"
          onFinish={(fields) => enter.mutate(fields)}
        >
          <Form.Item
            name="code"
            label={codeWords.label}
            rules={[
              { required: true, message: texts.required },
              { len: 6, message: codeWords.sixDigits },
            ]}
          >
            <CodeField sent={bound.sent} onResend={() => again.mutate()} resending={again.isPending} autoFocus />
          </Form.Item>
          <div className={["stack", accessCss.after].join(" ")}>
            {human.check}
            <ProblemAlert error={enter.error ?? again.error} />
            <Actions>
              <Button size="large" htmlType="submit" loading={enter.isPending}>
                {login.submit}
              </Button>
              <Button size="large" onClick={onBack}>
                {words.other}
              </Button>
            </Actions>
          </div>
        </Form>
      </Panel>
    </>
  );
}
