import { Alert, Button, Checkbox, Form, Radio } from "antd";
import { Link } from "react-router";

import type { CatalogView, InvoiceTitleView } from "../../api/schema";
import { Panel } from "../../design/PageFrame";
import { common } from "../../i18n/common";
import { invoiceTexts, SPECIAL } from "../../i18n/invoices";
import { ordering } from "../../i18n/ordering";
import { useTexts } from "../../i18n/texts";
import { type Fields, isSpecial } from "./list";
import css from "./order-form.module.css";

interface Props {
  catalog: CatalogView;
  fields: Fields;
  titles: readonly InvoiceTitleView[];
  /** Could the titles not be read? */
  broken: boolean;
  /** Reads them again. */
  onRead: () => void;
}

/** Which invoice, and to whom it is made out (R10, R12, R13, R74). */
export function InvoiceStep({ catalog, fields, titles, broken, onRead }: Props) {
  const texts = useTexts(common);
  const { form: words } = useTexts(ordering);
  const { form: own } = useTexts(invoiceTexts);
  const automatic = catalog.invoice_kinds.some((kind) => SPECIAL.includes(kind));
  const special = isSpecial(fields);
  const fitting = titles.filter(({ kind }) => kind === "special" || !special);
  return (
    <>
      <Panel title={words.invoiceKind}>
        <Form.Item name="invoiceKind" className={css.last}>
          <Radio.Group className={css.choices} aria-label={words.invoiceKind}>
            {catalog.invoice_kinds.map((kind) => (
              <Radio key={kind} value={kind} className={css.choice}>
                <span className={css.choiceHead}>
                  <strong>{texts.invoice[kind]}</strong>
                </span>
                <span className="soft small">{words.invoiceWords[kind]}</span>
              </Radio>
            ))}
          </Radio.Group>
        </Form.Item>
        {!automatic && (
          <>
            <Form.Item name="askSpecial" valuePropName="checked" noStyle>
              <Checkbox>{own.askSpecial}</Checkbox>
            </Form.Item>
            <p className="soft small">{own.askSpecialNote}</p>
          </>
        )}
      </Panel>
      <Panel title={own.title}>
        {broken && <Alert type="warning" showIcon title={own.broken} />}
        {special && (
          <p>
            {own.needsSpecial}{" "}
            <Link to="/company" target="_blank">
              {own.here}
            </Link>{" "}
            {own.hereNote}{" "}
            <Button size="small" onClick={onRead}>
              {own.read}
            </Button>
          </p>
        )}
        <Form.Item
          name="titleId"
          className={css.last}
          rules={[
            {
              validator: (_, id: string) =>
                broken || (id === "" ? !special : fitting.some((title) => title.id === id))
                  ? Promise.resolve()
                  : Promise.reject(new Error(special ? own.needsSpecial : texts.required)),
            },
          ]}
        >
          <Radio.Group className={css.choices} aria-label={own.title}>
            {fitting.map(({ id, title, tax_number, mail }) => (
              <Radio key={id} value={id} className={css.choice}>
                <span className={css.choiceHead}>
                  <strong>{title}</strong>
                </span>
                <span className="soft small">
                  <span className="num">{tax_number}</span>
                  {!fields.invoiceKind.startsWith("paper") && ` · ${mail === "" ? own.mailContact : own.mailTo(mail)}`}
                </span>
              </Radio>
            ))}
            {!special && !fitting.some(({ kind }) => kind === "ordinary") && (
              <Radio value="" className={css.choice}>
                <strong>{own.own}</strong>
              </Radio>
            )}
          </Radio.Group>
        </Form.Item>
      </Panel>
    </>
  );
}
