import { useMutation } from "@tanstack/react-query";
import { Button, Form, Input, Radio, Select } from "antd";
import { useState } from "react";

import { fieldErrors } from "../../api/errors";
import { changeProduct } from "../../api/orders-desk";
import type {
  ConsoleCatalog,
  ConsoleProduct,
  FieldError,
  Medium,
  Product,
  ProductKind,
  ProductRequest,
  Urgency,
} from "../../api/schema";
import { useDraft } from "../../design/draft";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { Actions, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { common } from "../../i18n/common";
import { orderTexts } from "../../i18n/order";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useLocal, useTexts } from "../../i18n/texts";
import css from "./catalog.module.css";
import { planned, versionAt } from "./changes";
import { CheckModal } from "./CheckModal";
import { tomorrow } from "./china";
import { chosen, type When, WhenFields } from "./When";
import { makesKey, useProductWords } from "./words";

const MEDIA: readonly Medium[] = ["bjca", "cpp"];
const SEALS = ["none", "all", "chosen"] as const;
const MONEY = /^\d{1,9}(\.\d{1,2})?$/;
const NUMBER = /^\d{1,4}$/;
const SKU = /^[a-z0-9]+(-[a-z0-9]+)*$/;

interface Fields extends When {
  sku: string;
  kind: ProductKind;
  name: { zh: string; en: string };
  description: { zh: string; en: string };
  medium: Medium;
  seal: (typeof SEALS)[number];
  sealPrice: string;
  term: string;
  price: string;
  surcharges: Partial<Record<Urgency, string>>;
  position: string;
}

function fieldsOf(product: Product | undefined, kind: ProductKind, now: number): Fields {
  return {
    sku: product?.sku ?? "",
    kind: product?.kind ?? kind,
    name: product?.name ?? { zh: "", en: "" },
    description: product?.description ?? { zh: "", en: "" },
    medium: product?.medium ?? "bjca",
    seal: product?.seal ? (product.seal_price ? "chosen" : "all") : "none",
    sealPrice: product?.seal_price ?? "",
    term: product ? String(product.term_years) : "",
    price: product?.price ?? "",
    surcharges: product?.surcharges ?? {},
    position: product ? String(product.position) : "",
    when: "now",
    at: tomorrow(now),
  };
}

function requestOf(fields: Fields, levels: readonly Urgency[]): ProductRequest {
  const { kind, name, description, medium, seal } = fields;
  const surcharges = makesKey(kind)
    ? levels.map((level) => [level, fields.surcharges[level]?.trim() ?? ""] as const).filter(([, sum]) => sum !== "")
    : [];
  return {
    kind,
    name: { zh: name.zh.trim(), en: name.en.trim() },
    description: { zh: description.zh.trim(), en: description.en.trim() },
    medium,
    seal: seal !== "none",
    seal_price: seal === "chosen" ? fields.sealPrice.trim() : null,
    term_years: Number(fields.term),
    price: fields.price.trim(),
    surcharges: Object.fromEntries(surcharges),
    position: Number(fields.position),
    effective_from: chosen(fields),
    withdrawn: false,
  };
}

interface Props {
  catalog: ConsoleCatalog;
  /** What is changed; none for a new one. */
  product?: ConsoleProduct;
  /** How it is before anything is typed. */
  base?: Product | undefined;
  now: number;
  onSaved: (catalog: ConsoleCatalog, name: string) => void;
  onCancel: () => void;
}

/** Says how a product is from a time on. Nothing is saved before old and new were seen side by side. */
export function ProductForm({ catalog, product, base, now, onSaved, onCancel }: Props) {
  const texts = useTexts(common);
  const { kind: kinds } = useTexts(orderTexts);
  const { catalog: words, cancel } = useTexts(ordersDeskTexts);
  const local = useLocal();
  const { differences } = useProductWords();
  const [form] = Form.useForm<Fields>();
  const [initial] = useState(() => fieldsOf(base, catalog.kinds[0] ?? "new_key", now));
  const [typed, keep, forget] = useDraft(`product:${catalog.storefront}:${product?.sku ?? "new"}`, initial);
  const [checked, setChecked] = useState<Fields>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const kind = (Form.useWatch("kind", form) as ProductKind | undefined) ?? typed.kind;
  const seal = (Form.useWatch("seal", form) as Fields["seal"] | undefined) ?? typed.seal;
  const levels = catalog.urgency_levels.filter((level) => level !== "none");
  const save = useMutation({
    // Anew: `at once` is when it is saved, not when it was looked over.
    mutationFn: (fields: Fields) =>
      changeProduct(catalog.storefront, product?.sku ?? fields.sku.trim(), requestOf(fields, levels)),
    onSuccess: (next, { name }) => {
      forget();
      onSaved(next, local({ zh: name.zh.trim(), en: name.en.trim() }));
    },
    onError: (error, { when }) => {
      if (fieldErrors(error).length > 0) {
        setChecked(undefined);
        setRest(showFieldErrors(form, namesOf(levels, when), error));
      }
    },
  });

  const required = { required: true, whitespace: true, message: texts.required };
  const money = { pattern: MONEY, message: words.wrong.money };
  const number = { pattern: NUMBER, message: words.wrong.number };
  const request = checked && requestOf(checked, levels);
  const start = request ? Date.parse(request.effective_from) : 0;
  const title = base ? words.changeOf(local(base.name)) : words.add;
  return (
    <Panel title={title}>
      <Form<Fields>
        form={form}
        name="product"
        layout="vertical"
        initialValues={typed}
        validateTrigger="onBlur"
        scrollToFirstError={{ focus: true, block: "center" }}
        disabled={save.isPending}
        onValuesChange={(_, all: Fields) => keep({ ...typed, ...all })}
        onFinish={(fields) => {
          save.reset();
          setRest([]);
          setChecked({ ...typed, ...fields });
        }}
      >
        <div className={css.fields}>
          {product ? null : (
            <>
              <Form.Item
                name="sku"
                label={words.field.sku}
                extra={words.hint.sku}
                rules={[
                  required,
                  { pattern: SKU, message: words.wrong.sku },
                  {
                    validator: (_, sku: string) =>
                      catalog.products.some((known) => known.sku === sku.trim())
                        ? Promise.reject(new Error(words.wrong.taken))
                        : Promise.resolve(),
                  },
                ]}
              >
                <Input autoComplete="off" spellCheck={false} maxLength={64} />
              </Form.Item>
              <Form.Item name="kind" label={words.field.kind} extra={words.hint.kind} rules={[{ required: true }]}>
                <Select options={catalog.kinds.map((value) => ({ value, label: kinds[value] }))} />
              </Form.Item>
            </>
          )}
          <Form.Item name={["name", "zh"]} label={words.field.nameZh} rules={[required]}>
            <Input autoComplete="off" maxLength={60} />
          </Form.Item>
          <Form.Item name={["name", "en"]} label={words.field.nameEn} rules={[required]}>
            <Input autoComplete="off" maxLength={120} />
          </Form.Item>
        </div>
        <div className={css.texts}>
          <Form.Item
            name={["description", "zh"]}
            label={words.field.descriptionZh}
            extra={words.hint.description}
            rules={[required]}
          >
            <Input.TextArea autoSize={{ minRows: 2, maxRows: 8 }} maxLength={500} />
          </Form.Item>
          <Form.Item
            name={["description", "en"]}
            label={words.field.descriptionEn}
            extra={words.hint.description}
            rules={[required]}
          >
            <Input.TextArea autoSize={{ minRows: 2, maxRows: 8 }} maxLength={1000} />
          </Form.Item>
        </div>
        <div className={css.fields}>
          <Form.Item name="price" label={words.field.price} extra={words.hint.money} rules={[required, money]}>
            <Input prefix="¥" inputMode="decimal" autoComplete="off" maxLength={12} />
          </Form.Item>
          {makesKey(kind) &&
            levels.map((level) => (
              <Form.Item
                key={level}
                name={["surcharges", level]}
                label={words.field.surcharge(texts.urgency[level])}
                extra={words.hint.surcharge}
                rules={[money]}
              >
                <Input prefix="¥" inputMode="decimal" autoComplete="off" maxLength={12} />
              </Form.Item>
            ))}
          <Form.Item name="term" label={words.field.term} extra={words.hint.term} rules={[required, number]}>
            <Input inputMode="numeric" autoComplete="off" maxLength={4} />
          </Form.Item>
          <Form.Item
            name="position"
            label={words.field.position}
            extra={words.hint.position}
            rules={[required, number]}
          >
            <Input inputMode="numeric" autoComplete="off" maxLength={4} />
          </Form.Item>
        </div>
        <Form.Item name="medium" label={words.field.medium}>
          <Radio.Group
            aria-label={words.field.medium}
            options={MEDIA.map((value) => ({ value, label: texts.medium[value] }))}
          />
        </Form.Item>
        <Form.Item name="seal" label={words.field.seal}>
          <Radio.Group
            aria-label={words.field.seal}
            options={SEALS.map((value) => ({ value, label: words.seals[value] }))}
          />
        </Form.Item>
        {seal === "chosen" && (
          <Form.Item name="sealPrice" label={words.field.sealPrice} extra={words.hint.money} rules={[required, money]}>
            <Input prefix="¥" inputMode="decimal" autoComplete="off" maxLength={12} style={{ maxWidth: 240 }} />
          </Form.Item>
        )}
        <WhenFields />
        <div className="stack">
          {!checked && <ProblemAlert error={save.error} fields={rest} />}
          <Actions>
            <Button type="primary" htmlType="submit">
              {words.check}
            </Button>
            <Button
              type="text"
              onClick={() => {
                forget();
                onCancel();
              }}
            >
              {cancel}
            </Button>
          </Actions>
        </div>
      </Form>
      {checked && request && (
        <CheckModal
          differences={differences(product && versionAt(product, start), request)}
          request={request}
          later={checked.when === "later"}
          next={product && planned(product, start).find((change) => change.effective_from)?.effective_from}
          error={save.error}
          busy={save.isPending}
          onSave={() => save.mutate(checked)}
          onBack={() => setChecked(undefined)}
        />
      )}
    </Panel>
  );
}

/** Where the API's names of wrong fields stand in the form. */
function namesOf(levels: readonly Urgency[], when: When["when"]): FieldNames {
  return {
    sku: "sku",
    kind: "kind",
    name: ["name", "zh"],
    "name.zh": ["name", "zh"],
    "name.en": ["name", "en"],
    description: ["description", "zh"],
    "description.zh": ["description", "zh"],
    "description.en": ["description", "en"],
    medium: "medium",
    seal: "seal",
    seal_price: "sealPrice",
    term_years: "term",
    price: "price",
    position: "position",
    effective_from: when === "later" ? "at" : "when",
    ...Object.fromEntries(levels.map((level) => [`surcharges.${level}`, ["surcharges", level]])),
  };
}
