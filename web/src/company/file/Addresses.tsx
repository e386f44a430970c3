import { Checkbox, Form, Input } from "antd";

import { addAddress, changeAddress, removeAddress } from "../../api/file";
import type { AddressRequest, CompanyFile, SavedAddress } from "../../api/schema";
import { MOBILE } from "../../design/checks";
import type { FieldNames } from "../../design/fields";
import { formatPlace } from "../../design/format-place";
import { common } from "../../i18n/common";
import { fileTexts, record } from "../../i18n/file";
import { useTexts } from "../../i18n/texts";
import { EditForm, useEditing } from "./editing";
import { EntrySection } from "./entries";
import css from "./file.module.css";
import { MAX_ADDRESSES } from "./limits";
import type { Desk } from "./section";

interface Fields {
  [name: string]: string | boolean;
  name: string;
  mobile: string;
  province: string;
  city: string;
  district: string;
  detail: string;
  is_default: boolean;
}

const NAMES: FieldNames = {
  "address.name": "name",
  "address.mobile": "mobile",
  "address.province": "province",
  "address.city": "city",
  "address.district": "district",
  "address.detail": "detail",
  is_default: "is_default",
};

function fields({ address, is_default }: SavedAddress): Fields {
  return { ...address, is_default };
}

function fresh({ contact, addresses }: CompanyFile): Fields {
  return {
    name: contact.name,
    mobile: contact.mobile,
    province: "",
    city: "",
    district: "",
    detail: "",
    is_default: addresses.length === 0,
  };
}

function request(version: number, typed: Fields): AddressRequest {
  const { name, mobile, province, city, district, detail, is_default } = typed;
  return { version, address: { name, mobile, province, city, district, detail }, is_default };
}

/** 收货地址: the address book, one of them the default. */
export function Addresses({ desk }: { desk: Desk }) {
  const words = useTexts(fileTexts);
  const { addresses } = desk.file;
  return (
    <EntrySection
      desk={desk}
      name="addresses"
      words={words.addresses}
      most={MAX_ADDRESSES}
      entries={addresses.map(({ id, address, is_default }) => ({
        id,
        name: address.name,
        beside: address.mobile,
        isDefault: is_default,
        facts: <p>{formatPlace(address)}</p>,
      }))}
      remove={removeAddress}
      makeDefault={async (id, version) => {
        const saved = addresses.find((known) => known.id === id);
        return saved ? changeAddress(id, request(version, { ...fields(saved), is_default: true })) : desk.refresh();
      }}
      form={(id) => <AddressForm key={id ?? "new"} desk={desk} id={id} />}
    />
  );
}

function AddressForm({ desk, id }: { desk: Desk; id: string | undefined }) {
  const texts = useTexts(common);
  const words = useTexts(fileTexts);
  const { field } = useTexts(record);
  const own = words.addresses;
  const editing = useEditing<CompanyFile, Fields, CompanyFile>({
    storedAs: `${desk.drafts}:address:${id ?? "new"}`,
    source: desk.file,
    pick: (file) => {
      const saved = file.addresses.find((known) => known.id === id);
      return { version: file.version, values: id === undefined ? fresh(file) : saved && fields(saved) };
    },
    refresh: desk.refresh,
    isNew: id === undefined,
    empty: fresh(desk.file),
    names: NAMES,
    send: (version, typed, _, gone) => {
      const body = request(version, typed);
      return id === undefined || gone ? addAddress(body) : changeAddress(id, body);
    },
    onSaved: (file) => {
      desk.take(file);
      desk.close();
      desk.tell("addresses", { text: own.saved });
    },
    onUnchanged: () => {
      desk.close();
      desk.tell("addresses", { type: "info", text: words.unchanged });
    },
  });
  const required = { required: true, whitespace: true, message: texts.required };
  return (
    <EditForm editing={editing} area="address" focus={desk.clicked} onCancel={desk.close}>
      <Form.Item name="name" label={field.address.name} rules={[required]}>
        <Input autoComplete="shipping name" maxLength={50} />
      </Form.Item>
      <Form.Item
        name="mobile"
        label={field.address.mobile}
        rules={[required, { pattern: MOBILE, message: texts.invalidMobile }]}
      >
        <Input type="tel" inputMode="numeric" autoComplete="shipping tel-national" maxLength={11} />
      </Form.Item>
      <Form.Item name="province" label={field.address.province} rules={[required]}>
        <Input autoComplete="shipping address-level1" maxLength={30} />
      </Form.Item>
      <Form.Item name="city" label={field.address.city} rules={[required]}>
        <Input autoComplete="shipping address-level2" maxLength={30} />
      </Form.Item>
      <Form.Item name="district" label={field.address.district} rules={[required]}>
        <Input autoComplete="shipping address-level3" maxLength={30} />
      </Form.Item>
      <Form.Item
        className={css.wide}
        name="detail"
        label={field.address.detail}
        extra={own.detailHint}
        rules={[required]}
      >
        <Input autoComplete="shipping street-address" maxLength={200} />
      </Form.Item>
      {!editing.state.begun.base.is_default && (
        <Form.Item className={css.wide} name="is_default" valuePropName="checked">
          <Checkbox>{words.titles.isDefault}</Checkbox>
        </Form.Item>
      )}
    </EditForm>
  );
}
