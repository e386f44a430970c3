import { useMutation } from "@tanstack/react-query";
import { Alert, Form, Modal } from "antd";
import { useState } from "react";

import { changeProduct } from "../../api/orders-desk";
import type { ConsoleCatalog, ConsoleProduct, FieldError, Product } from "../../api/schema";
import { showFieldErrors } from "../../design/fields";
import { ProblemAlert } from "../../design/ProblemAlert";
import { useTimes } from "../../design/time";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useLocal, useTexts } from "../../i18n/texts";
import { asRequest, planned, versionAt } from "./changes";
import { momentOf, tomorrow } from "./china";
import { chosen, type When, WhenFields } from "./When";

interface Props {
  storefront: string;
  product: ConsoleProduct;
  current: Product;
  now: number;
  onSaved: (catalog: ConsoleCatalog) => void;
  onClose: () => void;
}

/** Takes a product out of sale from a time on. */
export function WithdrawModal({ storefront, product, current, now, onSaved, onClose }: Props) {
  const { catalog: words, cancel } = useTexts(ordersDeskTexts);
  const { time } = useTimes();
  const local = useLocal();
  const [form] = Form.useForm<When>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const when = Form.useWatch("when", form) as When["when"] | undefined;
  const at = Form.useWatch("at", form) as string | undefined;
  const start = when === "later" ? Date.parse(momentOf(at ?? "") ?? "") : now;
  const next = Number.isNaN(start) ? undefined : planned(product, start)[0]?.effective_from;
  const save = useMutation({
    mutationFn: (fields: When) => {
      const from = chosen(fields);
      return changeProduct(
        storefront,
        product.sku,
        asRequest(versionAt(product, Date.parse(from)) ?? current, from, true),
      );
    },
    onSuccess: onSaved,
    onError: (error, fields) =>
      setRest(showFieldErrors(form, { effective_from: fields.when === "later" ? "at" : "when" }, error)),
  });
  return (
    <Modal
      open
      title={words.withdrawOf(local(current.name))}
      okText={words.withdrawSave}
      cancelText={cancel}
      okButtonProps={{ danger: true, loading: save.isPending }}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form<When>
        form={form}
        name="withdraw"
        layout="vertical"
        initialValues={{ when: "now", at: tomorrow(now) }}
        disabled={save.isPending}
        onFinish={(fields) => save.mutate(fields)}
      >
        <p style={{ marginBottom: 16 }}>{words.withdrawNote}</p>
        <WhenFields />
        {next && <Alert type="warning" showIcon title={words.laterChange(time(next))} />}
        <ProblemAlert error={save.error} fields={rest} />
      </Form>
    </Modal>
  );
}
