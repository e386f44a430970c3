import { Alert, Button, Checkbox, Form, InputNumber, Radio, Select } from "antd";
import { useState } from "react";
import { Link } from "react-router";

import type { CatalogView, KeyList, KeyView, LinePrice, Product, ReplacementReason } from "../../api/schema";
import { formatMoney, isZero } from "../../design/format-money";
import { Panel } from "../../design/PageFrame";
import { Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { common } from "../../i18n/common";
import { orderTexts } from "../../i18n/order";
import { ordering } from "../../i18n/ordering";
import { useLocal, useTexts } from "../../i18n/texts";
import type { Storefront } from "../storefronts";
import { KeyChoice, useRefusal } from "./KeyChoice";
import { added, type Fields, isAlone, type LineFields, namesKey, productOf, standsBesideOthers } from "./list";
import css from "./order-form.module.css";
import type { Prices } from "./prices";
import { Reckoning } from "../credit/Reckoning";

const REASONS: readonly ReplacementReason[] = ["lost", "damaged", "stolen"];

interface Keys {
  data: KeyList | undefined;
  error: unknown;
  refetch: () => unknown;
}

interface Props {
  place: Storefront;
  catalog: CatalogView;
  fields: Fields;
  prices: Prices;
  keys: Keys;
  put: (fields: Fields) => void;
  inspect: (key: KeyView) => void;
}

/** What is bought: the lines of the list, and what may still be added. */
export function Lines({ place, catalog, fields, prices, keys, put, inspect }: Props) {
  const { form: words } = useTexts(ordering);
  return (
    <Panel title={words.lines[place.words]}>
      <Alone catalog={catalog} fields={fields} put={put} />
      <ul className={css.lines}>
        {fields.lines.map((line, n) => (
          <Line
            key={line.uid}
            n={n}
            line={line}
            catalog={catalog}
            fields={fields}
            price={prices.lines.get(n)}
            refusal={prices.refusals.get(n)}
            keys={keys}
            inspect={inspect}
            remove={
              catalog.max_lines > 1
                ? () => put({ ...fields, lines: fields.lines.filter((other) => other.uid !== line.uid) })
                : undefined
            }
          />
        ))}
      </ul>
      {catalog.max_lines > 1 && <Add catalog={catalog} fields={fields} put={put} />}
    </Panel>
  );
}

/** Something that is sold alone stands beside something else (R37): says so, with both ways out. */
function Alone({ catalog, fields, put }: Pick<Props, "catalog" | "fields" | "put">) {
  const { form: words } = useTexts(ordering);
  const local = useLocal();
  const texts = useTexts(common);
  if (!standsBesideOthers(catalog, fields.lines)) {
    return null;
  }
  const alone = fields.lines.filter((line) => isAlone(catalog, line));
  const name = (line: LineFields) => local(productOf(catalog, line)?.name ?? { zh: line.sku, en: line.sku });
  return (
    <Alert
      type="warning"
      showIcon
      role="alert"
      title={words.alone([...new Set(alone.map(name))].join(texts.list))}
      description={
        <div className="stack">
          <p>{words.aloneText}</p>
          <div className="row">
            {alone.map((line) => (
              <Button key={line.uid} size="small" onClick={() => put({ ...fields, lines: [line] })}>
                {words.aloneOnly(name(line))}
              </Button>
            ))}
            {alone.map((line) => (
              <Button
                key={line.uid}
                size="small"
                onClick={() => put({ ...fields, lines: fields.lines.filter((other) => other.uid !== line.uid) })}
              >
                {words.aloneRemove(name(line))}
              </Button>
            ))}
          </div>
        </div>
      }
    />
  );
}

interface LineProps {
  n: number;
  line: LineFields;
  catalog: CatalogView;
  fields: Fields;
  price: LinePrice | undefined;
  refusal: string | undefined;
  keys: Keys;
  inspect: (key: KeyView) => void;
  remove: (() => void) | undefined;
}

function Line({ n, line, catalog, fields, price, refusal, keys, inspect, remove }: LineProps) {
  const texts = useTexts(common);
  const { kind: kinds } = useTexts(orderTexts);
  const { form: words } = useTexts(ordering);
  const local = useLocal();
  const product = productOf(catalog, line);
  const name = product ? local(product.name) : line.sku;
  const variants = catalog.products.filter((other) => other.kind === product?.kind);
  const at = (field: keyof LineFields) => ["lines", n, field];
  return (
    <li>
      <article className={css.line} aria-label={name}>
        <div className={css.lineHead}>
          <h3>{name}</h3>
          {product && <ToneTag tone="ours">{kinds[product.kind]}</ToneTag>}
          {product && catalog.alone.includes(product.kind) && <ToneTag tone="yours">{words.aloneHere}</ToneTag>}
          {remove && (
            <Button
              className={css.remove ?? ""}
              type="text"
              size="small"
              aria-label={`${words.remove} ${name}`}
              onClick={remove}
            >
              {words.remove}
            </Button>
          )}
        </div>
        {product ? (
          <p className="soft small">{local(product.description)}</p>
        ) : (
          <Alert type="error" showIcon title={words.goneLine(name)} />
        )}
        {product && (
          <div className={css.lineFields}>
            <Form.Item
              name={at("sku")}
              {...(variants.length > 1 && { label: words.variant })}
              className={variants.length > 1 ? css.variant : css.noField}
            >
              {variants.length > 1 ? (
                <Select
                  options={variants.map((other) => ({
                    value: other.sku,
                    label: `${local(other.name)} ${formatMoney(other.price)}`,
                  }))}
                />
              ) : (
                <NoField />
              )}
            </Form.Item>
            {namesKey(product.kind) ? (
              <AboutKey
                n={n}
                line={line}
                product={product}
                fields={fields}
                catalog={catalog}
                keys={keys}
                inspect={inspect}
              />
            ) : (
              <>
                <Form.Item
                  name={at("quantity")}
                  label={product.seal_price ? words.certificates : words.quantity}
                  extra={words.quantityHint(catalog.max_keys_per_line)}
                  rules={[{ required: true, message: texts.required }]}
                >
                  <InputNumber<number> min={1} max={catalog.max_keys_per_line} precision={0} mode="spinner" />
                </Form.Item>
                {product.seal_price && (
                  <Form.Item
                    name={at("seals")}
                    label={words.seals}
                    extra={words.sealsHint(formatMoney(product.seal_price))}
                    dependencies={[at("quantity")]}
                    validateTrigger="onChange"
                    rules={[
                      { required: true, message: texts.required },
                      ({ getFieldValue }) => ({
                        validator: (_, seals: number | null) =>
                          (seals ?? 0) <= (Number(getFieldValue(at("quantity"))) || 0)
                            ? Promise.resolve()
                            : Promise.reject(new Error(words.moreThanKeys)),
                      }),
                    ]}
                  >
                    <InputNumber<number> min={0} precision={0} mode="spinner" />
                  </Form.Item>
                )}
              </>
            )}
          </div>
        )}
        {refusal !== undefined && <Alert type="error" showIcon title={refusal} />}
        {price?.credit && (
          <>
            <Reckoning credit={price.credit} />
            {!isZero(price.credit.lost) && (
              <div className="stack">
                <Alert type="warning" showIcon title={words.credit.lostWarning(formatMoney(price.credit.lost))} />
                <Form.Item
                  name={at("accept_loss")}
                  valuePropName="checked"
                  className={css.last}
                  rules={[
                    {
                      validator: (_, accepted: boolean) =>
                        accepted ? Promise.resolve() : Promise.reject(new Error(words.credit.mustAccept)),
                    },
                  ]}
                >
                  <Checkbox>{words.credit.accept}</Checkbox>
                </Form.Item>
              </div>
            )}
          </>
        )}
        {product?.kind === "upgrade" && price && !price.credit && <p className="soft small">{words.credit.noCredit}</p>}
      </article>
    </li>
  );
}

/** Stands where there is nothing to choose, so that what the server says against it has a place. */
function NoField() {
  return null;
}

interface AboutKeyProps {
  n: number;
  line: LineFields;
  product: Product;
  fields: Fields;
  catalog: CatalogView;
  keys: Keys;
  inspect: (key: KeyView) => void;
}

/** The key that a line is about, and for a replacement why. */
function AboutKey({ n, line, product, fields, catalog, keys, inspect }: AboutKeyProps) {
  const texts = useTexts(common);
  const { replacementReason } = useTexts(orderTexts);
  const { form: words } = useTexts(ordering);
  const refusal = useRefusal(product.kind, catalog.storefront);
  const chosen = keys.data?.keys.find(({ serial }) => serial === line.key_serial);
  const suspends = line.reason === "lost" || line.reason === "stolen";
  return (
    <>
      <Loaded of={keys}>
        {(list) => (
          <Form.Item
            name={["lines", n, "key_serial"]}
            label={words.key.label[product.kind]}
            className={css.wide}
            rules={[
              { required: true, message: words.key.choose },
              {
                validator: (_, serial: string) => {
                  const key = list.keys.find((known) => known.serial === serial);
                  const isTwice = fields.lines.some((other) => other.uid !== line.uid && other.key_serial === serial);
                  const why = key && refusal(key);
                  return serial !== "" && (isTwice || why !== undefined)
                    ? Promise.reject(new Error(why ?? words.key.twice))
                    : Promise.resolve();
                },
              },
            ]}
          >
            <KeyChoice kind={product.kind} storefront={catalog.storefront} keys={list.keys} inspect={inspect} />
          </Form.Item>
        )}
      </Loaded>
      {product.kind === "replacement" && (
        <Form.Item
          name={["lines", n, "reason"]}
          label={words.reason}
          className={css.wide}
          rules={[{ required: true, message: texts.required }]}
          extra={
            line.reason !== "" && (
              <>
                {suspends && chosen?.suspended ? words.reported : words.reasonHint[line.reason]}
                {suspends && chosen && !chosen.suspended && (
                  <>
                    {" "}
                    <Link to="/keys">{words.toLoss}</Link>
                  </>
                )}
              </>
            )
          }
        >
          <Radio.Group
            aria-label={words.reason}
            options={REASONS.map((reason) => ({ value: reason, label: replacementReason[reason] }))}
          />
        </Form.Item>
      )}
    </>
  );
}

/** One more line, of another kind if wanted. */
function Add({ catalog, fields, put }: Pick<Props, "catalog" | "fields" | "put">) {
  const { form: words } = useTexts(ordering);
  const { kind: kinds } = useTexts(orderTexts);
  const local = useLocal();
  const [sku, setSku] = useState<string>();
  const alone = fields.lines.find((line) => isAlone(catalog, line));
  if (alone) {
    const product = productOf(catalog, alone);
    return fields.lines.length === 1 && product ? (
      <p className="soft small">{words.alone(local(product.name))}</p>
    ) : null;
  }
  if (fields.lines.length >= catalog.max_lines) {
    return <p className="soft small">{words.full(catalog.max_lines)}</p>;
  }
  const isFirst = fields.lines.length === 0;
  const offered = catalog.products.filter((product) => {
    const isThere = fields.lines.some((line) => line.sku === product.sku);
    return (isFirst || !catalog.alone.includes(product.kind)) && (namesKey(product.kind) || !isThere);
  });
  const groups = [...new Set(offered.map(({ kind }) => kind))].map((kind) => ({
    label: kinds[kind],
    options: offered
      .filter((product) => product.kind === kind)
      .map((product) => ({ value: product.sku, label: `${local(product.name)} ${formatMoney(product.price)}` })),
  }));
  const product = offered.find((other) => other.sku === sku);
  return (
    <div className={css.add}>
      <Select
        className={css.addSelect ?? ""}
        aria-label={words.addTitle}
        placeholder={words.addPlaceholder}
        value={product?.sku}
        onChange={setSku}
        options={groups}
      />
      <Button
        disabled={!product}
        onClick={() => {
          const next = product && added(fields, catalog, product);
          if (next) {
            put(next);
          }
          setSku(undefined);
        }}
      >
        {words.add}
      </Button>
    </div>
  );
}
