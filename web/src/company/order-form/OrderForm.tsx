import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Form, Input, InputNumber, Radio } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";

import { changeOrder, createOrder, orderQuery, quoteQuery, STOREFRONT, submitOrder } from "../../api/company";
import { hasCode } from "../../api/errors";
import type {
  CatalogView,
  DraftRequest,
  FieldError,
  InvoiceKind,
  OrderView,
  Product,
  QuoteRequest,
  Urgency,
} from "../../api/schema";
import { MOBILE } from "../../design/checks";
import { useDraft } from "../../design/draft";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { formatMoney, isZero } from "../../design/format-money";
import { Money } from "../../design/Money";
import { Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { common } from "../../i18n/common";
import { company } from "../../i18n/company";
import { useLocal, useTexts } from "../../i18n/texts";
import { useSession } from "../shell/RequireSession";
import css from "./order-form.module.css";

interface Fields {
  quantity: number;
  urgency: Urgency;
  name: string;
  mobile: string;
  province: string;
  city: string;
  district: string;
  detail: string;
  wantInvoice: boolean;
  invoiceKind: InvoiceKind;
}

const NAMES: FieldNames = {
  "lines.0.quantity": "quantity",
  urgency: "urgency",
  "delivery.address.name": "name",
  "delivery.address.mobile": "mobile",
  "delivery.address.province": "province",
  "delivery.address.city": "city",
  "delivery.address.district": "district",
  "delivery.address.detail": "detail",
  "invoice.kind": "invoiceKind",
};

interface Props {
  catalog: CatalogView;
  product: Product;
  /** The order that is changed; none for a new one. */
  draft?: OrderView;
}

/** Everything about one order before it is submitted, with what it costs beside it. */
export function OrderForm({ catalog, product, draft }: Props) {
  const texts = useTexts(common);
  const { form: words } = useTexts(company);
  const local = useLocal();
  const session = useSession();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [form] = Form.useForm<Fields>();
  const key = draft ? `order:${draft.id}:${String(draft.version)}` : `order:${session.company}:${product.sku}`;
  const [typed, keep, forget] = useDraft<Fields>(key, beginning(catalog, session.contact, draft));
  // The draft on the server, once there is one: a second try changes it and makes no second order.
  const [saved, keepSaved, forgetSaved] = useDraft(`${key}:saved`, {
    id: draft?.id ?? "",
    version: draft?.version ?? 0,
  });
  const [rest, setRest] = useState<FieldError[]>([]);

  const save = async (fields: Fields): Promise<OrderView> => {
    const body = request(catalog, product, fields);
    const order =
      saved.id === "" ? await createOrder(body) : await changeOrder(saved.id, { ...body, version: saved.version });
    keepSaved({ id: order.id, version: order.version });
    return order;
  };
  const failed = async (error: unknown) => {
    setRest(showFieldErrors(form, NAMES, error));
    if (saved.id !== "" && hasCode(error, "changed_meanwhile", "not_in_this_state")) {
      // Another tab, or an answer that was lost: look where the order stands.
      const order = await client.query({ ...orderQuery(saved.id), staleTime: 0 });
      if (order.state === "draft") {
        keepSaved({ id: order.id, version: order.version });
      } else {
        leave(`/orders/${order.id}`);
      }
    }
  };
  const leave = (to: string) => {
    forget();
    forgetSaved();
    void client.invalidateQueries({ queryKey: ["orders"] });
    void navigate(to, { replace: true });
  };
  const keepAside = useMutation({
    mutationFn: save,
    onSuccess: () => void client.invalidateQueries({ queryKey: ["orders"], refetchType: "none" }),
    onError: failed,
  });
  const submit = useMutation({
    mutationFn: async (fields: Fields) => submitOrder((await save(fields)).id),
    onSuccess: (order) => {
      client.setQueryData(orderQuery(order.id).queryKey, order);
      leave(`/orders/${order.id}/pay`);
    },
    onError: failed,
  });
  const busy = submit.isPending || keepAside.isPending;
  const required = { required: true, whitespace: true, message: texts.required };
  const speeds = catalog.urgency_levels.filter((level) => level === "none" || product.surcharges[level] !== undefined);

  return (
    <Form<Fields>
      form={form}
      layout="vertical"
      initialValues={typed}
      validateTrigger="onBlur"
      scrollToFirstError={{ focus: true, block: "center" }}
      onValuesChange={(_, all: Fields) => {
        keepAside.reset();
        keep(all);
      }}
      onFinish={(fields) => {
        keepAside.reset();
        submit.mutate(fields);
      }}
    >
      <div className={css.columns}>
        <div className="stack">
          <Panel title={words.product}>
            <div className={css.product}>
              <div>
                <h3>{local(product.name)}</h3>
                <p className="soft small">{local(product.description)}</p>
              </div>
              <Form.Item
                name="quantity"
                label={words.quantity}
                extra={words.quantityHint(catalog.max_keys_per_line)}
                rules={[{ required: true, message: texts.required }]}
              >
                <InputNumber<number> min={1} max={catalog.max_keys_per_line} precision={0} mode="spinner" />
              </Form.Item>
            </div>
          </Panel>
          <Panel title={words.urgency}>
            <Form.Item name="urgency" noStyle>
              <Radio.Group className={css.choices} aria-label={words.urgency}>
                {speeds.map((level) => (
                  <Radio key={level} value={level} className={css.choice}>
                    <span className={css.choiceHead}>
                      <strong>{texts.urgency[level]}</strong>
                      <span className="soft">{surcharge(product, level, words)}</span>
                    </span>
                    <span className="soft small">{words.urgencyWords[level]}</span>
                  </Radio>
                ))}
              </Radio.Group>
            </Form.Item>
            <p className="soft small">{words.urgencyNote}</p>
          </Panel>
          <Panel title={words.address}>
            <p className="soft small">{words.addressHint}</p>
            <div>
              <div className={css.grid}>
                <Form.Item name="name" label={words.name} rules={[required]}>
                  <Input autoComplete="shipping name" maxLength={100} />
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
                  <Input autoComplete="shipping address-level1" maxLength={50} />
                </Form.Item>
                <Form.Item name="city" label={words.city} rules={[required]}>
                  <Input autoComplete="shipping address-level2" maxLength={50} />
                </Form.Item>
                <Form.Item name="district" label={words.district} rules={[required]}>
                  <Input autoComplete="shipping address-level3" maxLength={50} />
                </Form.Item>
              </div>
              <Form.Item
                name="detail"
                label={words.detail}
                extra={words.detailHint}
                rules={[required]}
                className={css.last}
              >
                <Input autoComplete="shipping street-address" maxLength={200} />
              </Form.Item>
            </div>
          </Panel>
          <Panel title={words.invoice}>
            <Form.Item name="wantInvoice" valuePropName="checked" noStyle>
              <Checkbox>{words.wantInvoice}</Checkbox>
            </Form.Item>
            {typed.wantInvoice ? (
              <Form.Item name="invoiceKind" noStyle>
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
            ) : (
              <Alert type="warning" showIcon title={words.noInvoiceWarning} />
            )}
          </Panel>
        </div>
        <div className={css.side}>
          <Panel title={words.summary}>
            <Price product={product} fields={typed} most={catalog.max_keys_per_line} />
            <ProblemAlert error={submit.error ?? keepAside.error} fields={rest} />
            {keepAside.isSuccess && <Alert type="success" showIcon title={words.saved} />}
            <Button type="primary" size="large" htmlType="submit" block loading={submit.isPending} disabled={busy}>
              {words.submit}
            </Button>
            <p className="soft small">{words.submitNote}</p>
            <Button
              block
              loading={keepAside.isPending}
              disabled={busy}
              onClick={() => {
                submit.reset();
                form.validateFields().then(
                  (fields) => keepAside.mutate(fields),
                  () => undefined, // the fields say what is wrong
                );
              }}
            >
              {words.save}
            </Button>
          </Panel>
        </div>
      </div>
    </Form>
  );
}

function Price({ product, fields, most }: { product: Product; fields: Fields; most: number }) {
  const { form: words } = useTexts(company);
  const local = useLocal();
  const whole = Number.isInteger(fields.quantity) && fields.quantity >= 1 && fields.quantity <= most;
  const asked: QuoteRequest | undefined = whole
    ? { storefront: STOREFRONT, lines: [{ sku: product.sku, quantity: fields.quantity }], urgency: fields.urgency }
    : undefined;
  const quote = useQuery(quoteQuery(asked));
  const line = quote.data?.lines[0];
  return (
    <>
      {quote.error && <ProblemAlert error={quote.error} onRetry={() => void quote.refetch()} />}
      <dl className={css.price} aria-live="polite" aria-busy={quote.isFetching}>
        <div>
          <dt>{local(product.name)}</dt>
          <dd>× {line?.quantity ?? fields.quantity}</dd>
        </div>
        <div>
          <dt>{words.unitPrice}</dt>
          <dd>
            <Money money={line?.unit_price ?? product.price} />
          </dd>
        </div>
        {line && !isZero(line.unit_surcharge) && (
          <div>
            <dt>{words.unitSurcharge}</dt>
            <dd>
              +<Money money={line.unit_surcharge} />
            </dd>
          </div>
        )}
        <div className={css.total}>
          <dt>{words.total}</dt>
          <dd data-testid="total">{quote.data ? <Money money={quote.data.total} /> : words.counting}</dd>
        </div>
      </dl>
    </>
  );
}

function surcharge(product: Product, level: Urgency, words: { noSurcharge: string; surcharge: (m: string) => string }) {
  const money = product.surcharges[level];
  return money === undefined || isZero(money) ? words.noSurcharge : words.surcharge(formatMoney(money));
}

function beginning(catalog: CatalogView, contact: { name: string; mobile: string }, draft?: OrderView): Fields {
  const invoiceKind = draft?.invoice?.kind ?? catalog.invoice_kinds[0] ?? "paper_ordinary";
  const address = draft?.delivery.address;
  return {
    quantity: draft?.lines[0]?.price.quantity ?? 1,
    urgency: draft?.urgency ?? "none",
    name: address?.name ?? contact.name,
    mobile: address?.mobile ?? contact.mobile,
    province: address?.province ?? "",
    city: address?.city ?? "",
    district: address?.district ?? "",
    detail: address?.detail ?? "",
    wantInvoice: draft ? Boolean(draft.invoice) : catalog.invoice_by_default,
    invoiceKind,
  };
}

function request(catalog: CatalogView, product: Product, fields: Fields): DraftRequest {
  return {
    storefront: STOREFRONT,
    lines: [{ sku: product.sku, quantity: fields.quantity }],
    urgency: fields.urgency,
    delivery: {
      kind: catalog.delivery_kinds[0] ?? "courier_prepaid",
      address: {
        name: fields.name.trim(),
        mobile: fields.mobile.trim(),
        province: fields.province.trim(),
        city: fields.city.trim(),
        district: fields.district.trim(),
        detail: fields.detail.trim(),
      },
    },
    invoice: fields.wantInvoice ? { kind: fields.invoiceKind } : null,
  };
}
