import { useMutation } from "@tanstack/react-query";
import { Form, Input, Modal } from "antd";
import { useState } from "react";

import { settleRefund } from "../../api/finance";
import type { FieldError, RefundRow } from "../../api/schema";
import { showFieldErrors } from "../../design/fields";
import { ProblemAlert } from "../../design/ProblemAlert";
import { common } from "../../i18n/common";
import { financeTexts } from "../../i18n/finance";
import { useTexts } from "../../i18n/texts";

interface Props {
  refund: RefundRow;
  onTold: (row: RefundRow) => void;
  onClose: () => void;
}

/** Asks for the number of the transfer by which a refund was paid out by hand. */
export function SettleModal({ refund, onTold, onClose }: Props) {
  const texts = useTexts(common);
  const { refunds: words, cancel } = useTexts(financeTexts);
  const [form] = Form.useForm<{ reference: string }>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const settle = useMutation({
    mutationFn: ({ reference }: { reference: string }) => settleRefund(refund, { reference: reference.trim() }),
    onSuccess: onTold,
    onError: (error) => setRest(showFieldErrors(form, { reference: "reference" }, error)),
  });
  return (
    <Modal
      open
      title={words.settleTitle}
      okText={words.settleSubmit}
      cancelText={cancel}
      okButtonProps={{ loading: settle.isPending }}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form
        form={form}
        name="settle"
        layout="vertical"
        disabled={settle.isPending}
        onFinish={(fields: { reference: string }) => settle.mutate(fields)}
      >
        <div className="stack">
          <p>{words.settleNote}</p>
          <p className="mono">{refund.number}</p>
          <Form.Item
            name="reference"
            label={words.reference}
            extra={words.referenceHint}
            rules={[{ required: true, whitespace: true, message: texts.required }]}
            initialValue=""
            style={{ marginBottom: 0 }}
          >
            <Input autoComplete="off" spellCheck={false} maxLength={64} />
          </Form.Item>
          <ProblemAlert error={settle.error} fields={rest} />
        </div>
      </Form>
    </Modal>
  );
}
