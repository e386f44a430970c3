import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";

import { operationQuery } from "../../../api/agent";
import { ApiError, hasCode } from "../../../api/errors";
import type { FieldError } from "../../../api/schema";
import { confirmOperation } from "../../../api/service";
import { showFieldErrors } from "../../../design/fields";
import { Actions } from "../../../design/PageFrame";
import { ProblemAlert } from "../../../design/ProblemAlert";
import { common } from "../../../i18n/common";
import { serviceTexts } from "../../../i18n/service";
import { useTexts } from "../../../i18n/texts";
import css from "./service.module.css";

/** Only digits, as they may be typed in full width, or in two groups. */
function digits(typed: string): string {
  return typed.normalize("NFKC").replace(/\D/g, "").slice(0, 6);
}

interface Props {
  operation: string;
  onStop: () => void;
}

/** The digits that the agent on this person's screen shows: they prove that it is this one that unlocks the key. */
export function Confirmation({ operation, onStop }: Props) {
  const texts = useTexts(common);
  const { code: words } = useTexts(serviceTexts);
  const client = useQueryClient();
  const [form] = Form.useForm<{ code: string }>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const { queryKey } = operationQuery(operation);
  const confirm = useMutation({
    mutationFn: (code: string) => confirmOperation(operation, code),
    gcTime: 0,
    onSuccess: (view) => client.setQueryData(queryKey, view),
    onError: (error) => {
      setRest(showFieldErrors(form, { code: "code" }, error));
      if (error instanceof ApiError && hasCode(error, "wrong_confirmation")) {
        form.setFields([{ name: "code", errors: [error.problem.title] }]);
      }
      // The last wrong one ends the operation.
      void client.invalidateQueries({ queryKey });
    },
  });
  const isWrong = hasCode(confirm.error, "wrong_confirmation");
  return (
    <section className={css.code} aria-label={words.title}>
      <h3>{words.title}</h3>
      <p>{words.lead}</p>
      <Alert type="warning" showIcon title={words.only} />
      <Form
        form={form}
        name="confirmation"
        layout="vertical"
        requiredMark={false}
        initialValues={{ code: "" }}
        onFinish={({ code }) => {
          setRest([]);
          confirm.mutate(code);
        }}
      >
        <div className="stack">
          <Form.Item
            name="code"
            label={words.label}
            extra={words.limit}
            normalize={digits}
            validateTrigger="onSubmit"
            rules={[
              { required: true, message: texts.required },
              { len: 6, message: words.six },
            ]}
            style={{ marginBottom: 0 }}
          >
            <Input className={css.digits} inputMode="numeric" autoComplete="off" maxLength={12} size="large" />
          </Form.Item>
          {!isWrong && <ProblemAlert error={confirm.error} fields={rest} />}
          <Actions>
            <Button type="primary" size="large" htmlType="submit" loading={confirm.isPending}>
              {words.confirm}
            </Button>
            <Button size="large" onClick={onStop}>
              {words.stop}
            </Button>
          </Actions>
        </div>
      </Form>
    </section>
  );
}
