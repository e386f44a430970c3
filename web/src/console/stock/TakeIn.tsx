import { useMutation } from "@tanstack/react-query";
import { Button, Form, Input, Radio } from "antd";
import { useState } from "react";

import { fieldErrors } from "../../api/errors";
import { addStock, placeIn } from "../../api/making";
import type { FieldError, Medium } from "../../api/schema";
import { useDraft } from "../../design/draft";
import { Actions, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { common } from "../../i18n/common";
import { makingTexts } from "../../i18n/making";
import { useTexts } from "../../i18n/texts";
import { MEDIA } from "./media";
import { problemOf, serialsIn } from "./serials";
import css from "./stock.module.css";

interface Fields {
  /** Empty until it is chosen. */
  medium: Medium | "";
  serials: string;
}

const NOTHING: Fields = { medium: "", serials: "" };

interface Props {
  onTaken: (count: number, medium: Medium) => void;
  onCancel: () => void;
}

/** Takes keys into the stock, as they are read off their cases. */
export function TakeIn({ onTaken, onCancel }: Props) {
  const texts = useTexts(common);
  const { stock: words, make } = useTexts(makingTexts);
  const [form] = Form.useForm<Fields>();
  const [typed, keep, forget] = useDraft("stock", NOTHING);
  const [rest, setRest] = useState<FieldError[]>([]);
  const take = useMutation({
    mutationFn: ({ medium, serials }: { medium: Medium; serials: string[] }) => addStock({ medium, serials }),
    onSuccess: (_, { medium, serials }) => {
      forget();
      onTaken(serials.length, medium);
    },
    onError: (error, { serials }) => {
      // Each serial that the server does not want is named, all at the one field that they were typed into.
      const wrong: string[] = [];
      const others: FieldError[] = [];
      for (const field of fieldErrors(error)) {
        const serial = serials[placeIn("serials", field.field) ?? -1];
        if (serial !== undefined) {
          wrong.push(`${serial}: ${field.message}`);
        } else if (field.field === "serials") {
          wrong.push(field.message);
        } else {
          others.push(field);
        }
      }
      if (wrong.length > 0) {
        form.setFields([{ name: "serials", errors: wrong }]);
        form.scrollToField("serials", { focus: true, block: "center" });
      }
      setRest(others);
    },
  });
  const wrongSerials = (text: string): string | undefined => {
    const problem = problemOf(serialsIn(text));
    switch (problem?.kind) {
      case undefined:
        return undefined;
      case "none":
        return words.needSerials;
      case "many":
        return words.tooMany(problem.count);
      case "bad":
        return words.bad(problem.serials.join(texts.list));
      case "twice":
        return words.twice(problem.serials.join(texts.list));
    }
  };
  return (
    <Panel title={words.take}>
      <p className="soft small">{words.takeNote}</p>
      <Form<Fields>
        form={form}
        name="take"
        layout="vertical"
        requiredMark={false}
        initialValues={typed}
        validateTrigger="onBlur"
        scrollToFirstError={{ focus: true, block: "center" }}
        disabled={take.isPending}
        onValuesChange={(_, all: Fields) => keep({ ...NOTHING, ...all })}
        onFinish={({ medium, serials }) => {
          if (medium !== "") {
            take.mutate({ medium, serials: serialsIn(serials) });
          }
        }}
      >
        <Form.Item name="medium" label={words.medium} rules={[{ required: true, message: words.needMedium }]}>
          <Radio.Group options={MEDIA.map((one) => ({ value: one, label: texts.medium[one] }))} />
        </Form.Item>
        <Form.Item
          name="serials"
          label={words.serials}
          extra={`${words.serialsHint}${typed.serials.trim() === "" ? "" : ` · ${words.now(serialsIn(typed.serials).length)}`}`}
          rules={[
            {
              validator: (_, text: string) => {
                const wrong = wrongSerials(text);
                return wrong === undefined ? Promise.resolve() : Promise.reject(new Error(wrong));
              },
            },
          ]}
        >
          <Input.TextArea
            className={css.serials}
            autoSize={{ minRows: 5, maxRows: 14 }}
            spellCheck={false}
            autoComplete="off"
          />
        </Form.Item>
        <div className="stack">
          <ProblemAlert error={take.error} fields={rest} />
          <Actions>
            <Button type="primary" size="large" htmlType="submit" loading={take.isPending}>
              {words.submit}
            </Button>
            <Button type="text" size="large" onClick={onCancel}>
              {make.cancel}
            </Button>
          </Actions>
        </div>
      </Form>
    </Panel>
  );
}
