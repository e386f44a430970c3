import { Form, type FormInstance, Input } from "antd";

import { codes } from "../i18n/codes";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/texts";
import { PASSWORD_MIN } from "./checks";

interface Props<T extends { password: string; again: string }> {
  /** The form whose fields `password` and `again` these are. */
  form: FormInstance<T>;
  /** Another word for it, for example 新密码. */
  label?: string;
}

/** A new password, typed twice. */
export function PasswordFields<T extends { password: string; again: string }>({ form, label }: Props<T>) {
  const texts = useTexts(common);
  const { password: words } = useTexts(codes);
  return (
    <>
      <Form.Item
        name="password"
        label={label ?? words.label}
        extra={words.hint}
        rules={[
          { required: true, message: texts.required },
          {
            validator: (_, value: string | undefined) =>
              value && Array.from(value).length < PASSWORD_MIN
                ? Promise.reject(new Error(words.short))
                : Promise.resolve(),
          },
        ]}
      >
        <Input.Password autoComplete="new-password" maxLength={200} />
      </Form.Item>
      <Form.Item
        name="again"
        label={words.again}
        dependencies={["password"]}
        rules={[
          { required: true, message: texts.required },
          {
            validator: (_, value: string | undefined) =>
              // The names are this component's own; the form's type cannot tell.
              value && value !== form.getFieldValue("password" as never)
                ? Promise.reject(new Error(words.differs))
                : Promise.resolve(),
          },
        ]}
      >
        <Input.Password autoComplete="new-password" maxLength={200} />
      </Form.Item>
    </>
  );
}
