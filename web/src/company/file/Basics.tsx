import { Alert, Checkbox, Form, Input } from "antd";

import { changeBasics } from "../../api/file";
import type { CompanyFile } from "../../api/schema";
import type { FieldNames } from "../../design/fields";
import { Facts } from "../../design/PageFrame";
import { common } from "../../i18n/common";
import { fileTexts, record } from "../../i18n/file";
import { useTexts } from "../../i18n/texts";
import { creditCodeProblem, normaliseCreditCode } from "../register/credit-code";
import { EditForm, useEditing } from "./editing";
import css from "./file.module.css";
import { isIdNumber, normaliseIdNumber } from "./id-number";
import { CONSENT_VERSION } from "./limits";
import { type Desk, Given, Section } from "./section";

interface Fields {
  [name: string]: string;
  name: string;
  credit_code: string;
  legal_representative: string;
  /** Masked; never sent. */
  legal_representative_id: string;
  registered_address: string;
  phone: string;
}

const NAMES: FieldNames = {
  name: "name",
  credit_code: "credit_code",
  legal_representative: "legal_representative",
  legal_representative_id: "new_id",
  consent: "consent",
  registered_address: "registered_address",
  phone: "phone",
};

function fields({ basics }: CompanyFile): Fields {
  return { ...basics, legal_representative_id: basics.legal_representative_id ?? "" };
}

/** 基本信息: 查看 → 编辑 → 确认更新 (R54). */
export function Basics({ desk }: { desk: Desk }) {
  const words = useTexts(fileTexts);
  const { field } = useTexts(record);
  const { basics, qualification } = desk.file;
  // While a reviewer looks at the papers, what they are compared with stays as it is.
  const locked = qualification.state === "submitted";
  return (
    <Section
      desk={desk}
      name="basics"
      title={words.basics.title}
      action={{ label: words.editOf(words.basics.title), word: words.edit, what: "basics", disabled: locked }}
    >
      {locked && desk.mayEdit && <p className="soft small">{words.basics.locked}</p>}
      {desk.open === "basics" && !locked ? (
        <BasicsForm desk={desk} />
      ) : (
        <Facts
          facts={[
            [field.basics.name, <Given value={basics.name} />],
            [field.basics.credit_code, <Given value={basics.credit_code} />],
            [field.basics.legal_representative, <Given value={basics.legal_representative} />],
            [field.basics.legal_representative_id, <Given value={basics.legal_representative_id} />],
            [field.basics.registered_address, <Given value={basics.registered_address} />],
            [field.basics.phone, <Given value={basics.phone} />],
          ]}
        />
      )}
    </Section>
  );
}

function BasicsForm({ desk }: { desk: Desk }) {
  const texts = useTexts(common);
  const words = useTexts(fileTexts);
  const { field } = useTexts(record);
  const { basics: own } = words;
  const before = desk.file.qualification.state;
  const editing = useEditing<CompanyFile, Fields, CompanyFile>({
    storedAs: `${desk.drafts}:basics`,
    source: desk.file,
    pick: (file) => ({ version: file.version, values: fields(file) }),
    refresh: desk.refresh,
    empty: fields(desk.file),
    names: NAMES,
    secrets: { legal_representative_id: "new_id", remove: "remove_id" },
    send: (version, typed, all) => {
      const number = typeof all.new_id === "string" ? normaliseIdNumber(all.new_id) : "";
      return changeBasics({
        version,
        name: typed.name,
        credit_code: normaliseCreditCode(typed.credit_code),
        legal_representative: typed.legal_representative,
        ...(number !== "" && { legal_representative_id: number, consent: CONSENT_VERSION }),
        ...(number === "" && all.remove_id === true && { legal_representative_id: "" }),
        registered_address: typed.registered_address,
        phone: typed.phone,
      });
    },
    onSaved: (file) => {
      desk.take(file);
      desk.close();
      const again = before !== "open" && file.qualification.state === "open";
      desk.tell(
        "basics",
        again
          ? {
              type: "warning",
              text: own.savedAgain,
              link: { to: "/company/qualification", label: own.toQualification },
            }
          : { text: own.saved },
      );
    },
    onUnchanged: () => {
      desk.close();
      desk.tell("basics", { type: "info", text: words.unchanged });
    },
  });
  const required = { required: true, whitespace: true, message: texts.required };
  const { typed } = editing.state.begun;
  const { basics } = desk.file;
  const renamed = typed.name.trim() !== basics.name || normaliseCreditCode(typed.credit_code) !== basics.credit_code;
  const newId = Form.useWatch<string | undefined>("new_id", editing.form) ?? "";
  const stored = basics.legal_representative_id;
  return (
    <EditForm editing={editing} area="basics" focus={desk.clicked} onCancel={desk.close}>
      <Form.Item name="name" label={field.basics.name} extra={own.nameHint} rules={[required]}>
        <Input autoComplete="organization" maxLength={64} />
      </Form.Item>
      <Form.Item
        name="credit_code"
        label={field.basics.credit_code}
        extra={own.codeHint}
        rules={[
          required,
          {
            validator: (_, value: string) => {
              const problem = value.trim() === "" ? undefined : creditCodeProblem(value);
              return problem
                ? Promise.reject(new Error(problem === "form" ? own.codeForm : own.codeCheck))
                : Promise.resolve();
            },
          },
        ]}
      >
        <Input autoComplete="off" maxLength={24} spellCheck={false} style={{ textTransform: "uppercase" }} />
      </Form.Item>
      {renamed && before !== "open" && (
        <Alert className={[css.wide, css.warn].join(" ")} type="warning" showIcon role="status" title={own.again} />
      )}
      <Form.Item name="legal_representative" label={field.basics.legal_representative}>
        <Input autoComplete="off" maxLength={50} />
      </Form.Item>
      <Form.Item
        name="new_id"
        label={own.idNumber}
        extra={stored ? own.idKept(stored) : own.idHint}
        rules={[
          {
            validator: (_, value: string | undefined) =>
              value && !isIdNumber(value) ? Promise.reject(new Error(own.idWrong)) : Promise.resolve(),
          },
        ]}
      >
        <Input autoComplete="off" maxLength={24} spellCheck={false} />
      </Form.Item>
      {newId !== "" ? (
        <Form.Item
          className={css.wide}
          name="consent"
          valuePropName="checked"
          rules={[
            {
              validator: (_, agreed: boolean | undefined) =>
                agreed ? Promise.resolve() : Promise.reject(new Error(own.consentNeeded)),
            },
          ]}
        >
          <Checkbox>{own.consent}</Checkbox>
        </Form.Item>
      ) : (
        stored && (
          <Form.Item className={css.wide} name="remove_id" valuePropName="checked">
            <Checkbox>{own.idRemove}</Checkbox>
          </Form.Item>
        )
      )}
      <Form.Item className={css.wide} name="registered_address" label={field.basics.registered_address}>
        <Input autoComplete="street-address" maxLength={200} />
      </Form.Item>
      <Form.Item name="phone" label={field.basics.phone} extra={own.phoneHint}>
        <Input type="tel" autoComplete="tel" maxLength={30} />
      </Form.Item>
    </EditForm>
  );
}
