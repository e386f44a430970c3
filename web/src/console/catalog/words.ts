/** A product in words, and what differs between two. */
import type { Product, ProductKind, ProductRequest } from "../../api/schema";
import { formatMoney } from "../../design/format-money";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { orderTexts } from "../../i18n/order";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useTexts } from "../../i18n/texts";
import { startOf } from "./changes";

type Described = Product | ProductRequest;

export interface Difference {
  name: string;
  before: string;
  after: string;
}

export interface ProductWords {
  /** Each of its fields with its value. */
  describe: (product: Described) => Map<string, string>;
  /** What changes from one to the other; everything when there was nothing. */
  differences: (before: Described | undefined, after: Described) => Difference[];
  /** From when it is so. */
  from: (product: Product) => string;
}

/** Is a token made for it? Only then does speed cost anything. */
export function makesKey(kind: ProductKind): boolean {
  return kind === "new_key" || kind === "replacement" || kind === "upgrade";
}

export function useProductWords(): ProductWords {
  const texts = useTexts(common);
  const { kind: kinds } = useTexts(orderTexts);
  const { catalog: words } = useTexts(ordersDeskTexts);
  const { time } = useTimes();
  const urgencies: Readonly<Record<string, string | undefined>> = texts.urgency;

  const describe: ProductWords["describe"] = (product) => {
    const { field } = words;
    const { seal, seal_price } = product;
    return new Map([
      [field.sale, product.withdrawn ? words.state.withdrawn : words.state.onSale],
      [field.kind, kinds[product.kind]],
      [field.nameZh, product.name.zh],
      [field.nameEn, product.name.en],
      [field.price, formatMoney(product.price)],
      ...Object.entries(product.surcharges).map(
        ([urgency, money]) => [field.surcharge(urgencies[urgency] ?? urgency), formatMoney(money)] as const,
      ),
      [field.seal, seal ? (seal_price ? words.seals.chosen : words.seals.all) : words.seals.none],
      ...(seal && seal_price ? ([[field.sealPrice, formatMoney(seal_price)]] as const) : []),
      [field.term, product.term_years > 0 ? texts.years(product.term_years) : words.termSame],
      [field.medium, texts.medium[product.medium]],
      [field.position, String(product.position)],
      [field.descriptionZh, product.description.zh],
      [field.descriptionEn, product.description.en],
    ]);
  };
  return {
    describe,
    differences: (before, after) => {
      const [old, next] = [before ? describe(before) : new Map<string, string>(), describe(after)];
      return [...new Set([...next.keys(), ...old.keys()])]
        .map((name) => ({ name, before: old.get(name) ?? "–", after: next.get(name) ?? "–" }))
        .filter((one) => one.before !== one.after);
    },
    from: (product) => (startOf(product) === 0 ? words.fromStart : words.from(time(product.effective_from ?? ""))),
  };
}
