import { useMutation } from "@tanstack/react-query";
import { Form, Modal, Radio } from "antd";

import type { ScrapReason } from "../../api/schema";
import { ProblemAlert } from "../../design/ProblemAlert";
import { makingTexts } from "../../i18n/making";
import { orderTexts } from "../../i18n/order";
import { useTexts } from "../../i18n/texts";
import css from "./production.module.css";

interface Props {
  title: string;
  /** What it will do. */
  note: string;
  reasons: readonly ScrapReason[];
  onSubmit: (reason: ScrapReason) => Promise<unknown>;
  /** It was refused: what the page shows may be old. */
  onRefused?: () => void;
  onClose: () => void;
}

/** Asks why, before a key is given up for good. */
export function ScrapModal({ title, note, reasons, onSubmit, onRefused, onClose }: Props) {
  const { make: words } = useTexts(makingTexts);
  const { scrap: names } = useTexts(orderTexts);
  const [form] = Form.useForm<{ reason: ScrapReason }>();
  const send = useMutation({
    mutationFn: ({ reason }: { reason: ScrapReason }) => onSubmit(reason),
    onError: () => onRefused?.(),
  });
  return (
    <Modal
      open
      title={title}
      okText={words.scrapSure}
      cancelText={words.cancel}
      okButtonProps={{ danger: true, loading: send.isPending }}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form form={form} name="scrap" layout="vertical" onFinish={(fields) => send.mutate(fields)}>
        <div className="stack">
          <p>{note}</p>
          <Form.Item
            name="reason"
            label={words.reason}
            rules={[{ required: true, message: words.needReason }]}
            style={{ marginBottom: 0 }}
          >
            <Radio.Group
              className={css.reasons}
              options={reasons.map((reason) => ({ value: reason, label: names[reason] }))}
            />
          </Form.Item>
          <ProblemAlert error={send.error} />
        </div>
      </Form>
    </Modal>
  );
}
