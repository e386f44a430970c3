import { Form, Input, Modal } from "antd";
import { useState } from "react";

import type { FieldError } from "../../api/schema";
import { showFieldErrors } from "../../design/fields";
import { ProblemAlert } from "../../design/ProblemAlert";
import { common } from "../../i18n/common";
import { staffTexts } from "../../i18n/staff";
import { useTexts } from "../../i18n/texts";

interface Props {
  title: string;
  /** What it will do. */
  note?: string;
  okText: string;
  danger?: boolean;
  onSubmit: (reason: string) => Promise<unknown>;
  onClose: () => void;
}

/** Asks why, before something is done to somebody. */
export function ReasonModal({ title, note, okText, danger = false, onSubmit, onClose }: Props) {
  const texts = useTexts(common);
  const words = useTexts(staffTexts);
  const [form] = Form.useForm<{ reason: string }>();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const send = async ({ reason }: { reason: string }) => {
    setBusy(true);
    setError(undefined);
    try {
      await onSubmit(reason.trim());
    } catch (problem) {
      setError(problem);
      setRest(showFieldErrors(form, { reason: "reason" }, problem));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      open
      title={title}
      okText={okText}
      cancelText={words.cancel}
      okButtonProps={{ danger, loading: isBusy }}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form form={form} name="why" layout="vertical" disabled={isBusy} onFinish={(fields) => void send(fields)}>
        <div className="stack">
          {note && <p>{note}</p>}
          <Form.Item
            name="reason"
            label={words.reason}
            extra={words.reasonHint}
            rules={[{ required: true, whitespace: true, message: texts.required }]}
            initialValue=""
            style={{ marginBottom: 0 }}
          >
            <Input.TextArea autoSize={{ minRows: 2, maxRows: 6 }} maxLength={500} />
          </Form.Item>
          <ProblemAlert error={error} fields={rest} />
        </div>
      </Form>
    </Modal>
  );
}
