import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Modal } from "antd";
import { useState } from "react";

import { hasCode } from "../../api/errors";
import { askActivationCode, offerActivation } from "../../api/keys";
import type { CodeSent, FieldError, TicketView } from "../../api/schema";
import { CodeField } from "../../design/CodeField";
import { showCodeError, showFieldErrors } from "../../design/fields";
import { Actions } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { access } from "../../i18n/access";
import { common } from "../../i18n/common";
import { keyUse } from "../../i18n/key-use";
import { useTexts } from "../../i18n/texts";

interface Fields {
  password: string;
  code: string;
}

interface Props {
  serial: string;
  /** The key that ends with it. */
  replaces?: string | null | undefined;
  onTicket: (ticket: TicketView) => void;
  onClose: () => void;
}

/** 启用: password and a code by text message, then the agent. The password is sent for the code only. */
export function ActivateModal({ serial, replaces, onTicket, onClose }: Props) {
  const texts = useTexts(common);
  const { code: codeWords } = useTexts(access);
  const { activate: words } = useTexts(keyUse);
  const [form] = Form.useForm<Fields>();
  const [sent, setSent] = useState<CodeSent>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const send = useMutation({
    mutationFn: (password: string) => askActivationCode(password),
    onSuccess: (code) => {
      offer.reset();
      form.resetFields(["code"]);
      setSent(code);
    },
    onError: (error) => {
      setRest(showFieldErrors(form, { password: "password" }, error));
      if (hasCode(error, "login_failed")) {
        // Also when another code is asked for: the password was changed in between.
        setSent(undefined);
        form.setFields([{ name: "password", errors: [words.wrong] }]);
      }
    },
  });
  const offer = useMutation({
    mutationFn: ({ id, code }: { id: string; code: string }) => offerActivation(serial, { id, code }),
    onSuccess: onTicket,
    onError: (error) => {
      setRest(showFieldErrors(form, { code: "code", "code.code": "code" }, error));
      showCodeError(form, "code", error);
    },
  });
  const isBusy = send.isPending || offer.isPending;
  return (
    <Modal
      open
      title={words.dialog(serial)}
      footer={null}
      width={540}
      // What was typed is not lost by a click beside it.
      mask={{ closable: false }}
      onCancel={onClose}
    >
      <Form<Fields>
        form={form}
        name="activate"
        layout="vertical"
        requiredMark={false}
        initialValues={{ password: "", code: "" }}
        onFinish={({ password, code }) => {
          setRest([]);
          if (sent) {
            offer.mutate({ id: sent.code, code });
          } else {
            send.mutate(password);
          }
        }}
      >
        <div className="stack">
          <p>{words.why}</p>
          {replaces && <Alert type="warning" showIcon title={words.replaces(replaces)} />}
          <p className="soft small">{words.notHere}</p>
          <Form.Item
            name="password"
            label={words.password}
            hidden={sent !== undefined}
            rules={[{ required: true, message: texts.required }]}
            style={{ marginBottom: 0 }}
          >
            <Input.Password autoComplete="current-password" maxLength={200} size="large" />
          </Form.Item>
          {sent && (
            <Form.Item
              name="code"
              label={codeWords.label}
              rules={[
                { required: true, message: texts.required },
                { len: 6, message: codeWords.sixDigits },
              ]}
              style={{ marginBottom: 0 }}
            >
              <CodeField
                sent={sent}
                autoFocus
                onResend={() => send.mutate(form.getFieldValue("password") as string)}
                resending={send.isPending}
              />
            </Form.Item>
          )}
          <ProblemAlert error={offer.error ?? send.error} fields={rest} />
          <Actions>
            <Button type="primary" size="large" htmlType="submit" loading={isBusy}>
              {sent ? words.next : words.send}
            </Button>
            {sent && (
              <Button
                size="large"
                onClick={() => {
                  setSent(undefined);
                  offer.reset();
                }}
              >
                {words.back}
              </Button>
            )}
          </Actions>
        </div>
      </Form>
    </Modal>
  );
}
