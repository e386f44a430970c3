import { Checkbox, Form, Input, Radio } from "antd";

import { addTitle, changeTitle, removeTitle } from "../../api/file";
import type { CompanyFile, InvoiceTitleRequest, InvoiceTitleView, TitleKind } from "../../api/schema";
import { MAIL } from "../../design/checks";
import type { FieldNames } from "../../design/fields";
import { Facts } from "../../design/PageFrame";
import { common } from "../../i18n/common";
import { fileTexts, record } from "../../i18n/file";
import { useTexts } from "../../i18n/texts";
import { EditForm, useEditing } from "./editing";
import { EntrySection } from "./entries";
import css from "./file.module.css";
import { MAX_TITLES } from "./limits";
import { type Desk, Given } from "./section";

interface Fields {
  [name: string]: string | boolean;
  kind: TitleKind;
  title: string;
  tax_number: string;
  bank: string;
  /** Masked; never sent. */
  bank_account: string;
  address: string;
  phone: string;
  mail: string;
  is_default: boolean;
}

const KINDS = ["ordinary", "special"] as const satisfies readonly TitleKind[];

const NAMES: FieldNames = {
  kind: "kind",
  title: "title",
  tax_number: "tax_number",
  bank: "bank",
  bank_account: "new_account",
  address: "address",
  phone: "phone",
  mail: "mail",
  is_default: "is_default",
};

const TAX_NUMBER = /^[0-9A-Z]{15,20}$/i;
const ACCOUNT = /^[\d\s-]{5,40}$/;

function fields(title: InvoiceTitleView): Fields {
  return {
    kind: title.kind,
    title: title.title,
    tax_number: title.tax_number,
    bank: title.bank,
    bank_account: title.bank_account ?? "",
    address: title.address,
    phone: title.phone,
    mail: title.mail,
    is_default: title.is_default,
  };
}

/** A title that is not there yet: most companies take their own name. */
function fresh({ basics, invoice_titles: titles }: CompanyFile): Fields {
  return {
    kind: "ordinary",
    title: basics.name,
    tax_number: basics.credit_code,
    bank: "",
    bank_account: "",
    address: "",
    phone: "",
    mail: "",
    is_default: titles.length === 0,
  };
}

function request(version: number, typed: Fields, account: unknown): InvoiceTitleRequest {
  const special = typed.kind === "special";
  const number = typeof account === "string" ? account.replace(/[\s-]/g, "") : "";
  return {
    version,
    kind: typed.kind,
    title: typed.title,
    tax_number: typed.tax_number.toUpperCase(),
    bank: special ? typed.bank : "",
    ...(special && number !== "" && { bank_account: number }),
    address: special ? typed.address : "",
    phone: special ? typed.phone : "",
    mail: typed.mail,
    is_default: typed.is_default,
  };
}

/** 发票信息, stored once, saved with 完善 (R55). */
export function Titles({ desk }: { desk: Desk }) {
  const words = useTexts(fileTexts);
  const { field, titleKind } = useTexts(record);
  const titles = desk.file.invoice_titles;
  return (
    <EntrySection
      desk={desk}
      name="titles"
      words={words.titles}
      most={MAX_TITLES}
      entries={titles.map((title) => ({
        id: title.id,
        name: title.title,
        beside: titleKind[title.kind],
        isDefault: title.is_default,
        facts: (
          <Facts
            facts={[
              [field.title.tax_number, <Given value={title.tax_number} />],
              ...(title.kind === "special"
                ? ([
                    [field.title.bank, <Given value={title.bank} />],
                    [field.title.bank_account, <Given value={title.bank_account} />],
                    [field.title.address, <Given value={title.address} />],
                    [field.title.phone, <Given value={title.phone} />],
                  ] as const)
                : []),
              ...(title.mail ? ([[field.title.mail, title.mail]] as const) : []),
            ]}
          />
        ),
      }))}
      remove={removeTitle}
      makeDefault={async (id, version) => {
        const title = titles.find((known) => known.id === id);
        return title
          ? changeTitle(id, request(version, { ...fields(title), is_default: true }, undefined))
          : desk.refresh();
      }}
      form={(id) => <TitleForm key={id ?? "new"} desk={desk} id={id} />}
    />
  );
}

function TitleForm({ desk, id }: { desk: Desk; id: string | undefined }) {
  const texts = useTexts(common);
  const words = useTexts(fileTexts);
  const { field, titleKind } = useTexts(record);
  const own = words.titles;
  const find = (file: CompanyFile) => file.invoice_titles.find((known) => known.id === id);
  const editing = useEditing<CompanyFile, Fields, CompanyFile>({
    storedAs: `${desk.drafts}:title:${id ?? "new"}`,
    source: desk.file,
    pick: (file) => {
      const title = find(file);
      return { version: file.version, values: id === undefined ? fresh(file) : title && fields(title) };
    },
    refresh: desk.refresh,
    isNew: id === undefined,
    empty: fresh(desk.file),
    names: NAMES,
    secrets: { bank_account: "new_account" },
    send: (version, typed, { new_account: account }, gone) => {
      const body = request(version, typed, account);
      return id === undefined || gone ? addTitle(body) : changeTitle(id, body);
    },
    onSaved: (file) => {
      desk.take(file);
      desk.close();
      desk.tell("titles", { text: own.saved });
    },
    onUnchanged: () => {
      desk.close();
      desk.tell("titles", { type: "info", text: words.unchanged });
    },
  });
  const { begun, gone } = editing.state;
  const special = begun.typed.kind === "special";
  const stored = gone ? "" : begun.base.bank_account;
  const required = { required: true, whitespace: true, message: texts.required };
  return (
    <EditForm editing={editing} area="title" save={own.save} focus={desk.clicked} onCancel={desk.close}>
      <Form.Item className={css.wide} name="kind" label={field.title.kind}>
        <Radio.Group options={KINDS.map((value) => ({ value, label: titleKind[value] }))} />
      </Form.Item>
      <Form.Item name="title" label={field.title.title} rules={[required]}>
        <Input autoComplete="organization" maxLength={100} />
      </Form.Item>
      <Form.Item
        name="tax_number"
        label={field.title.tax_number}
        rules={[required, { pattern: TAX_NUMBER, message: own.taxWrong, transform: (value: string) => value.trim() }]}
      >
        <Input autoComplete="off" maxLength={24} spellCheck={false} style={{ textTransform: "uppercase" }} />
      </Form.Item>
      {special && (
        <>
          <Form.Item name="bank" label={field.title.bank} rules={[required]}>
            <Input autoComplete="off" maxLength={100} />
          </Form.Item>
          <Form.Item
            name="new_account"
            label={field.title.bank_account}
            extra={stored ? own.accountKept(stored) : own.accountHint}
            rules={[...(stored ? [] : [required]), { pattern: ACCOUNT, message: own.accountWrong }]}
          >
            <Input inputMode="numeric" autoComplete="off" maxLength={40} />
          </Form.Item>
          <Form.Item className={css.wide} name="address" label={field.title.address} rules={[required]}>
            <Input autoComplete="street-address" maxLength={200} />
          </Form.Item>
          <Form.Item name="phone" label={field.title.phone} rules={[required]}>
            <Input type="tel" autoComplete="tel" maxLength={30} />
          </Form.Item>
        </>
      )}
      <Form.Item
        name="mail"
        label={field.title.mail}
        extra={own.mailHint}
        rules={[{ pattern: MAIL, message: words.contact.invalidMail }]}
      >
        <Input type="email" autoComplete="email" maxLength={254} />
      </Form.Item>
      {!begun.base.is_default && (
        <Form.Item className={css.wide} name="is_default" valuePropName="checked">
          <Checkbox>{own.isDefault}</Checkbox>
        </Form.Item>
      )}
    </EditForm>
  );
}
