import { useMutation } from "@tanstack/react-query";
import { Button, Form, Input, Modal } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";

import { type BillOf, handleDifference } from "../../api/finance";
import type { Difference, FieldError, StatementView } from "../../api/schema";
import { CopyText } from "../../design/CopyText";
import { showFieldErrors } from "../../design/fields";
import { Money } from "../../design/Money";
import { ProblemAlert } from "../../design/ProblemAlert";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { financeTexts } from "../../i18n/finance";
import { useTexts } from "../../i18n/texts";
import { useStaff } from "../shell/ConsoleShell";
import css from "./finance.module.css";

interface Props {
  bill: BillOf;
  difference: Difference;
  onHandled: (view: StatementView) => void;
}

/** One thing that does not fit: what it means, what to do, what came of it. */
export function DifferenceCard({ bill, difference, onHandled }: Props) {
  const { statements: words, refunds, order: orderTitle } = useTexts(financeTexts);
  const { time } = useTimes();
  const staff = useStaff();
  const [isNoting, setNoting] = useState(false);
  const { kind, number, order, ours, theirs, handled } = difference;
  const facts: (readonly [string, ReactNode])[] = [
    [words.ours, ours ? <Money money={ours} /> : "–"],
    [words.theirs, theirs ? <Money money={theirs} /> : "–"],
    [words.number, <CopyText text={number} label={words.number} />],
    ...(order
      ? ([
          [
            orderTitle,
            <Link className="num" to={`/console/ledger/orders/${order}`}>
              {order}
            </Link>,
          ],
        ] as const)
      : []),
  ];
  return (
    <article className={css.item} aria-label={`${words.kind[kind]} ${number}`} data-kind={kind}>
      <div className={css.head}>
        <strong>{words.kind[kind]}</strong>
        <ToneTag tone={handled ? "over" : "attention"} mark={handled ? "handled" : "open"}>
          {handled ? words.handledTag : refunds.queues.needs_you}
        </ToneTag>
      </div>
      <dl className={css.about}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div className={css.explained}>
        <p>{words.means[kind]}</p>
        <p>
          <strong>{words.todoTitle}</strong> {words.todo[kind]}
        </p>
      </div>
      {handled ? (
        <div className={css.told}>
          <strong>{words.note}</strong>
          <p>{handled.note}</p>
          <p className="soft small">
            {words.by(handled.by === staff.staff ? words.you : words.colleague, time(handled.at))}
          </p>
        </div>
      ) : (
        <div>
          <Button aria-label={`${words.mark}: ${number}`} onClick={() => setNoting(true)}>
            {words.mark}
          </Button>
        </div>
      )}
      {isNoting && (
        <NoteModal
          bill={bill}
          difference={difference}
          onClose={() => setNoting(false)}
          onHandled={(view) => {
            setNoting(false);
            onHandled(view);
          }}
        />
      )}
    </article>
  );
}

function NoteModal({ bill, difference: { kind, number }, onHandled, onClose }: Props & { onClose: () => void }) {
  const texts = useTexts(common);
  const { statements: words, cancel } = useTexts(financeTexts);
  const [form] = Form.useForm<{ note: string }>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const save = useMutation({
    mutationFn: ({ note }: { note: string }) => handleDifference(bill, { kind, number, note: note.trim() }),
    onSuccess: onHandled,
    onError: (error) => setRest(showFieldErrors(form, { note: "note" }, error)),
  });
  return (
    <Modal
      open
      title={`${words.kind[kind]} ${number}`}
      okText={words.save}
      cancelText={cancel}
      okButtonProps={{ loading: save.isPending }}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form
        form={form}
        name="handled"
        layout="vertical"
        disabled={save.isPending}
        onFinish={(fields: { note: string }) => save.mutate(fields)}
      >
        <div className="stack">
          <Form.Item
            name="note"
            label={words.markTitle}
            extra={words.markNote}
            rules={[{ required: true, whitespace: true, message: texts.required }]}
            initialValue=""
            style={{ marginBottom: 0 }}
          >
            <Input.TextArea autoSize={{ minRows: 2, maxRows: 6 }} maxLength={500} />
          </Form.Item>
          <ProblemAlert error={save.error} fields={rest} />
        </div>
      </Form>
    </Modal>
  );
}
