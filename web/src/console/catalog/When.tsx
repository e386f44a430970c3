import { Form, Input, Radio } from "antd";

import { common } from "../../i18n/common";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useTexts } from "../../i18n/texts";
import { momentOf, stamp } from "./china";

/** From when a change counts. */
export interface When {
  when: "now" | "later";
  /** As the field has it, time of China. */
  at: string;
}

/** The moment that was chosen. */
export function chosen({ when, at }: When): string {
  return (when === "later" ? momentOf(at) : undefined) ?? stamp(Date.now());
}

/** Fields of a form: at once, or from a time on. */
export function WhenFields() {
  const texts = useTexts(common);
  const { catalog: words } = useTexts(ordersDeskTexts);
  const when = Form.useWatch<When["when"] | undefined>("when");
  return (
    <>
      <Form.Item name="when" label={words.field.effective}>
        <Radio.Group
          aria-label={words.field.effective}
          options={(["now", "later"] as const).map((value) => ({ value, label: words.when[value] }))}
        />
      </Form.Item>
      {/* What was typed stays while the other one is chosen. */}
      <Form.Item
        name="at"
        label={words.at}
        hidden={when !== "later"}
        dependencies={["when"]}
        rules={
          when === "later"
            ? [
                { required: true, message: texts.required },
                {
                  validator: (_, field: string) => {
                    const moment = momentOf(field);
                    return field === "" || (moment && Date.parse(moment) > Date.now())
                      ? Promise.resolve()
                      : Promise.reject(new Error(words.wrong.past));
                  },
                },
              ]
            : []
        }
      >
        <Input type="datetime-local" style={{ maxWidth: 240 }} />
      </Form.Item>
    </>
  );
}
