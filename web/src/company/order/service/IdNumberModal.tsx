import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Modal } from "antd";
import { useState } from "react";
import { Link } from "react-router";

import { ApiError, hasCode } from "../../../api/errors";
import type { FieldError, TicketView } from "../../../api/schema";
import { offerService } from "../../../api/service";
import { showFieldErrors } from "../../../design/fields";
import { Actions } from "../../../design/PageFrame";
import { ProblemAlert } from "../../../design/ProblemAlert";
import { useTimes } from "../../../design/time";
import { common } from "../../../i18n/common";
import { serviceTexts } from "../../../i18n/service";
import { useTexts } from "../../../i18n/texts";
import { isIdNumber, normaliseIdNumber } from "../../file/id-number";
import type { ServiceLine } from "./use-service";

interface Props {
  order: string;
  line: ServiceLine;
  onTicket: (ticket: TicketView) => void;
  /** It cannot be done now. */
  onRefused: () => void;
  onClose: () => void;
}

/** Before an unlock: the ID-card number of the legal representative (R31). It is in this field, and nowhere else. */
export function IdNumberModal({ order, line, onTicket, onRefused, onClose }: Props) {
  const texts = useTexts(common);
  const { who: words, lost } = useTexts(serviceTexts);
  const { time } = useTimes();
  const [form] = Form.useForm<{ number: string }>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const offer = useMutation({
    mutationFn: (number: string) => offerService(order, line.no, number),
    // What was asked with is forgotten with the dialog.
    gcTime: 0,
    onSuccess: onTicket,
    onError: (error) => {
      form.setFields([{ name: "number", value: "", errors: [] }]);
      setRest(showFieldErrors(form, { id_number: "number" }, error));
      if (error instanceof ApiError && hasCode(error, "wrong_id_number")) {
        form.setFields([{ name: "number", errors: [error.problem.title] }]);
      } else {
        onRefused();
      }
    },
  });
  const { error } = offer;
  const isLost = hasCode(error, "no_unlock");
  const retryAt =
    error instanceof ApiError && hasCode(error, "too_many_requests") && error.problem.retryAfter
      ? new Date(error.at + 1000 * error.problem.retryAfter).toISOString()
      : undefined;
  return (
    <Modal
      open
      title={words.title(line.key.serial)}
      footer={null}
      width={540}
      // What was typed is not lost by a click beside it.
      mask={{ closable: false }}
      onCancel={onClose}
    >
      {isLost ? (
        <Alert type="error" showIcon role="alert" title={lost.title} description={lost.text} />
      ) : (
        <Form
          form={form}
          name="id-number"
          layout="vertical"
          requiredMark={false}
          autoComplete="off"
          initialValues={{ number: "" }}
          onFinish={({ number }) => {
            setRest([]);
            offer.mutate(normaliseIdNumber(number));
          }}
        >
          <div className="stack">
            <p>{words.why}</p>
            <Form.Item
              name="number"
              label={words.label}
              extra={
                <>
                  {words.hint} {words.limit}
                </>
              }
              validateTrigger="onSubmit"
              rules={[
                { required: true, message: texts.required },
                {
                  validator: (_, value: string) =>
                    value === "" || isIdNumber(value) ? Promise.resolve() : Promise.reject(new Error(words.wrong)),
                },
              ]}
              style={{ marginBottom: 0 }}
            >
              <Input.Password autoComplete="off" maxLength={24} size="large" autoFocus />
            </Form.Item>
            {retryAt ? (
              <Alert type="error" showIcon role="alert" title={words.until(time(retryAt))} />
            ) : (
              !hasCode(error, "wrong_id_number") && <ProblemAlert error={error} fields={rest} />
            )}
            <Actions>
              <Button type="primary" size="large" htmlType="submit" loading={offer.isPending}>
                {words.next}
              </Button>
            </Actions>
            <p className="small soft">
              {words.none} <Link to="/company">{words.toFile}</Link>
            </p>
          </div>
        </Form>
      )}
    </Modal>
  );
}
