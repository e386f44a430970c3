import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Form, Input, Modal, Select } from "antd";
import { type ReactNode, useState } from "react";

import { hasCode } from "../../api/errors";
import { consoleOrderQuery } from "../../api/orders-desk";
import type { ConsoleOrder, FieldError } from "../../api/schema";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { Money } from "../../design/Money";
import { ProblemAlert } from "../../design/ProblemAlert";
import { common } from "../../i18n/common";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useTexts } from "../../i18n/texts";
import css from "./orders.module.css";

export interface DeedFields {
  reason: string;
  product: string;
}

const NAMES: FieldNames = { reason: "reason", convert_to: "product" };

interface Props {
  order: string;
  title: string;
  /** What will happen, step by step. */
  will: readonly string[];
  /** Sums that belong to it, as the API gives them. */
  sums?: readonly (readonly [string, string])[];
  okText: string;
  danger?: boolean;
  /** Is there a reason to be given? */
  hasReason?: boolean;
  /** What it can become. */
  products?: readonly { value: string; label: string }[];
  /** More about the product that is chosen. */
  about?: (product: string) => ReactNode;
  onDo: (fields: DeedFields) => Promise<ConsoleOrder>;
  onDone: (view: ConsoleOrder) => void;
  onClose: () => void;
}

/** Says exactly what will happen with a line, and does it. */
export function DeedModal({ order, title, will, sums = [], okText, danger = false, ...props }: Props) {
  const { hasReason = false, products, about, onDo, onDone, onClose } = props;
  const texts = useTexts(common);
  const { orders: words, cancel } = useTexts(ordersDeskTexts);
  const client = useQueryClient();
  const [form] = Form.useForm<DeedFields>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const product = (Form.useWatch("product", form) as string | undefined) ?? products?.[0]?.value ?? "";
  const deed = useMutation({
    mutationFn: ({ reason = "", product: to = "" }: Partial<DeedFields>) =>
      onDo({ reason: reason.trim(), product: to }),
    onSuccess: (view) => {
      client.setQueryData(consoleOrderQuery(order).queryKey, view);
      onDone(view);
    },
    onError: (error) => {
      setRest(showFieldErrors(form, NAMES, error));
      if (hasCode(error, "not_in_this_state", "changed_meanwhile", "second_person", "not_on_sale")) {
        void client.invalidateQueries({ queryKey: consoleOrderQuery(order).queryKey });
      }
    },
  });
  return (
    <Modal
      open
      title={title}
      okText={okText}
      cancelText={cancel}
      okButtonProps={{ loading: deed.isPending, danger }}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form<DeedFields>
        form={form}
        name="deed"
        layout="vertical"
        initialValues={{ reason: "", product: products?.[0]?.value ?? "" }}
        disabled={deed.isPending}
        onFinish={(fields) => deed.mutate(fields)}
      >
        <div className="stack">
          {products && (
            <Form.Item
              name="product"
              label={words.converting.product}
              rules={[{ required: true, message: texts.required }]}
              style={{ marginBottom: 0 }}
            >
              <Select options={[...products]} />
            </Form.Item>
          )}
          <div>
            <strong>{words.will}</strong>
            <ul className={css.will}>
              {will.map((what) => (
                <li key={what}>{what}</li>
              ))}
            </ul>
          </div>
          {(sums.length > 0 || about) && (
            <div className={css.sums}>
              {sums.map(([name, money]) => (
                <div key={name} className={css.sum}>
                  <span>{name}</span>
                  <strong>
                    <Money money={money} />
                  </strong>
                </div>
              ))}
              {about?.(product)}
            </div>
          )}
          {hasReason && (
            <Form.Item
              name="reason"
              label={words.reason}
              extra={words.reasonHint}
              rules={[{ required: true, whitespace: true, message: texts.required }]}
              style={{ marginBottom: 0 }}
            >
              <Input.TextArea autoSize={{ minRows: 2, maxRows: 6 }} maxLength={500} />
            </Form.Item>
          )}
          <ProblemAlert error={deed.error} fields={rest} />
        </div>
      </Form>
    </Modal>
  );
}
