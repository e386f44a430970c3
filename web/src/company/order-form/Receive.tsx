import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, type FormInstance, Input, Radio } from "antd";

import { addAddress, changeAddress, fileQuery } from "../../api/file";
import type { CatalogView, InvoiceTitleView, SavedAddress } from "../../api/schema";
import { MOBILE } from "../../design/checks";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { formatPlace } from "../../design/format-place";
import { Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { common } from "../../i18n/common";
import { orderTexts } from "../../i18n/order";
import { ordering } from "../../i18n/ordering";
import { useTexts } from "../../i18n/texts";
import { addressOf, type Fields, sameAddress } from "./list";
import css from "./order-form.module.css";

const ADDRESS = ["name", "mobile", "province", "city", "district", "detail"] as const;
const NAMES: FieldNames = Object.fromEntries(ADDRESS.map((field) => [`address.${field}`, field]));

/** The addresses and titles that the company has saved, as far as they could be read. */
export interface Book {
  addresses: readonly SavedAddress[];
  titles: readonly InvoiceTitleView[];
  version: number;
  error: unknown;
  retry: () => void;
}

interface Props {
  form: FormInstance<Fields>;
  catalog: CatalogView;
  fields: Fields;
  book: Book;
  put: (fields: Fields) => void;
}

/** How it is received, and where (R7, R60). */
export function Receive({ form, catalog, fields, book, put }: Props) {
  const { form: words } = useTexts(ordering);
  const { delivery } = useTexts(orderTexts);
  const kind = catalog.delivery_kinds.find((known) => known === fields.receive);
  const isFetched = kind === "branch_pickup";
  return (
    <>
      {catalog.delivery_kinds.length > 1 && (
        <Panel title={words.receive}>
          <Form.Item name="receive" noStyle>
            <Radio.Group className={css.choices} aria-label={words.receive}>
              {catalog.delivery_kinds.map((known) => (
                <Radio key={known} value={known} className={css.choice}>
                  <span className={css.choiceHead}>
                    <strong>{delivery[known]}</strong>
                  </span>
                  <span className="soft small">{words.receiveWords[known]}</span>
                </Radio>
              ))}
            </Radio.Group>
          </Form.Item>
          {isFetched && <Branch catalog={catalog} />}
        </Panel>
      )}
      {!isFetched && (
        <Panel title={words.address}>
          {catalog.delivery_kinds.length === 1 && kind && <p className="soft small">{words.receiveWords[kind]}</p>}
          <Address form={form} fields={fields} book={book} put={put} />
        </Panel>
      )}
    </>
  );
}

function Branch({ catalog }: { catalog: CatalogView }) {
  const texts = useTexts(common);
  const { form: words } = useTexts(ordering);
  return (
    <Form.Item
      name="branch"
      label={words.branch}
      className={css.last}
      rules={[
        { required: true, message: texts.required },
        {
          validator: (_, id: string) =>
            id === "" || catalog.branches.some((branch) => branch.id === id)
              ? Promise.resolve()
              : Promise.reject(new Error(texts.required)),
        },
      ]}
    >
      {catalog.branches.length === 0 ? (
        <NoBranch />
      ) : (
        <Radio.Group
          className={css.branches}
          aria-label={words.branch}
          options={catalog.branches.map(({ id, name }) => ({ value: id, label: name }))}
        />
      )}
    </Form.Item>
  );
}

function NoBranch() {
  const { form: words } = useTexts(ordering);
  return <Alert type="warning" showIcon title={words.noBranch} />;
}

function Address({ form, fields, book, put }: Omit<Props, "catalog">) {
  const { form: words } = useTexts(ordering);
  const texts = useTexts(common);
  const required = { required: true, whitespace: true, message: texts.required };
  const chosen = book.addresses.find(({ id }) => id === fields.addressId);
  const edited = book.addresses.find(({ id }) => id === fields.editingId);
  return (
    <>
      {Boolean(book.error) && (
        <>
          <p className="soft small">{words.bookBroken}</p>
          <ProblemAlert error={book.error} onRetry={book.retry} />
        </>
      )}
      {book.addresses.length > 0 && (
        <div className={css.book}>
          <Form.Item name="addressId" noStyle>
            <Radio.Group className={css.choices} aria-label={words.book}>
              {book.addresses.map(({ id, address }) => (
                <Radio key={id} value={id} className={css.choice}>
                  <span className={css.choiceHead}>
                    <strong>
                      {address.name} <span className="num">{address.mobile}</span>
                    </strong>
                  </span>
                  <span className="soft small">{formatPlace(address)}</span>
                </Radio>
              ))}
              <Radio value="" className={css.choice}>
                <strong>{words.otherAddress}</strong>
              </Radio>
            </Radio.Group>
          </Form.Item>
          {chosen && (
            <Button
              size="small"
              className={css.edit ?? ""}
              onClick={() => put({ ...fields, ...chosen.address, addressId: "", editingId: chosen.id })}
            >
              {words.change}
            </Button>
          )}
        </div>
      )}
      {!chosen && (
        <div>
          {edited && <p className={css.editing}>{words.changeOf(edited.address.name)}</p>}
          <div className={css.grid}>
            <Form.Item name="name" label={words.name} rules={[required]}>
              <Input autoComplete="shipping name" maxLength={50} />
            </Form.Item>
            <Form.Item
              name="mobile"
              label={words.mobile}
              rules={[required, { pattern: MOBILE, message: texts.invalidMobile }]}
            >
              <Input type="tel" inputMode="numeric" autoComplete="shipping tel-national" maxLength={11} />
            </Form.Item>
          </div>
          <div className={css.grid3}>
            <Form.Item name="province" label={words.province} rules={[required]}>
              <Input autoComplete="shipping address-level1" maxLength={30} />
            </Form.Item>
            <Form.Item name="city" label={words.city} rules={[required]}>
              <Input autoComplete="shipping address-level2" maxLength={30} />
            </Form.Item>
            <Form.Item name="district" label={words.district} rules={[required]}>
              <Input autoComplete="shipping address-level3" maxLength={30} />
            </Form.Item>
          </div>
          <Form.Item name="detail" label={words.detail} extra={words.detailHint} rules={[required]}>
            <Input autoComplete="shipping street-address" maxLength={200} />
          </Form.Item>
          {book.version > 0 && <Store form={form} fields={fields} book={book} put={put} />}
        </div>
      )}
    </>
  );
}

/** Puts the typed address into the company's file, as a new one or in place of the one that is changed. */
function Store({ form, fields, book, put }: Omit<Props, "catalog">) {
  const { form: words } = useTexts(ordering);
  const client = useQueryClient();
  const edited = book.addresses.find(({ id }) => id === fields.editingId);
  const store = useMutation({
    mutationFn: () => {
      const address = addressOf({ ...fields, addressId: "" }, []);
      const body = { version: book.version, address, is_default: edited?.is_default ?? book.addresses.length === 0 };
      return edited ? changeAddress(edited.id, body) : addAddress(body);
    },
    onSuccess: (file) => {
      client.setQueryData(fileQuery.queryKey, file);
      const typed = addressOf({ ...fields, addressId: "" }, []);
      const saved = file.addresses.find(({ address }) => sameAddress(address, typed));
      put({ ...fields, addressId: saved?.id ?? "", editingId: "" });
    },
    onError: (error) => {
      showFieldErrors(form, NAMES, error);
      book.retry();
    },
  });
  return (
    <div className="stack">
      <ProblemAlert error={store.error} />
      <div>
        <Button
          loading={store.isPending}
          onClick={() =>
            void form.validateFields([...ADDRESS]).then(
              () => store.mutate(),
              () => undefined, // the fields say what is wrong
            )
          }
        >
          {words.store}
        </Button>
      </div>
    </div>
  );
}
