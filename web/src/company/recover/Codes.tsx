import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form } from "antd";
import { useState } from "react";

import { ApiError, hasCode } from "../../api/errors";
import type { FieldError, RecoveryConfirmRequest, RecoveryView } from "../../api/schema";
import { confirmRecovery, recoveryQuery, resendRecoveryCodes } from "../../api/unbinding";
import { CodeField } from "../../design/CodeField";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { Actions, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { useHumanCheck } from "../../design/use-human";
import { access } from "../../i18n/access";
import { common } from "../../i18n/common";
import { unbinding } from "../../i18n/unbinding";
import { useTexts } from "../../i18n/texts";

const NAMES: FieldNames = { mobile_code: "mobile_code", mail_code: "mail_code" };

interface Props {
  view: RecoveryView;
  onChanged: (view: RecoveryView) => void;
  /** Another contact was meant. */
  onAnew: () => void;
}

/** Both codes: nobody gets a contact that does not reach them. */
export function Codes({ view, onChanged, onAnew }: Props) {
  const texts = useTexts(common);
  const { code: codeWords } = useTexts(access);
  const { recover: words } = useTexts(unbinding);
  const [form] = Form.useForm<RecoveryConfirmRequest>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const client = useQueryClient();
  const human = useHumanCheck({ lazily: true });
  const confirm = useMutation({
    mutationFn: confirmRecovery,
    onSuccess: onChanged,
    onError: (error) => {
      setRest(showFieldErrors(form, NAMES, error));
      if (error instanceof ApiError && error.code === "code_wrong" && !error.problem.errors?.length) {
        // Which of the two, nobody is told.
        form.setFields([
          { name: "mobile_code", errors: [error.problem.title] },
          { name: "mail_code", errors: [error.problem.title] },
        ]);
        form.focusField("mobile_code");
      }
      if (hasCode(error, "not_in_this_state")) {
        void client.invalidateQueries({ queryKey: recoveryQuery.queryKey });
      }
    },
  });
  const resend = useMutation({
    mutationFn: () => human.run(resendRecoveryCodes),
    onSuccess: (next) => {
      form.resetFields();
      confirm.reset();
      onChanged(next);
    },
  });
  const rules = [
    { required: true, message: texts.required },
    { pattern: /^\d{6}$/, message: codeWords.sixDigits },
  ];
  const { mobile_code: mobileCode, mail_code: mailCode } = view;
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      scrollToFirstError={{ focus: true, block: "center" }}
      onFinish={(fields) => confirm.mutate(fields)}
    >
      <div className="stack">
        <Panel title={words.codes}>
          {mobileCode && mailCode ? (
            <>
              <p className="soft small">{words.codesLead}</p>
              <div>
                <Form.Item name="mobile_code" label={words.mobileCode} rules={rules} validateTrigger="onSubmit">
                  <CodeField sent={mobileCode} />
                </Form.Item>
                <Form.Item name="mail_code" label={words.mailCode} rules={rules} validateTrigger="onSubmit">
                  <CodeField sent={mailCode} />
                </Form.Item>
              </div>
            </>
          ) : (
            <Alert type="warning" showIcon title={words.expired} />
          )}
          {human.check}
        </Panel>
        <ProblemAlert error={confirm.error ?? resend.error} fields={rest} />
        <Actions>
          {mobileCode && mailCode && (
            <Button type="primary" size="large" htmlType="submit" loading={confirm.isPending}>
              {words.confirm}
            </Button>
          )}
          <Button
            type={mobileCode && mailCode ? "default" : "primary"}
            size="large"
            loading={resend.isPending}
            onClick={() => resend.mutate()}
          >
            {words.resend}
          </Button>
        </Actions>
        <div className="row">
          <span>{words.wrongContact}</span>
          <Button onClick={onAnew}>{words.restart}</Button>
        </div>
      </div>
    </Form>
  );
}
