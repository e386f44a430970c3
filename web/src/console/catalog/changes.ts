/** The changes of a product in time. */
import type { ConsoleProduct, Product, ProductRequest } from "../../api/schema";

/** From when it is so, in milliseconds; 0 for what was there from the beginning. */
export function startOf({ effective_from }: Pick<Product, "effective_from">): number {
  return effective_from ? Math.max(0, Date.parse(effective_from)) : 0;
}

/** How the product is at a time; nothing before its first change. */
export function versionAt({ changes }: ConsoleProduct, time: number): Product | undefined {
  return changes.reduce<Product | undefined>(
    (best, change) =>
      startOf(change) <= time && (best === undefined || startOf(change) > startOf(best)) ? change : best,
    undefined,
  );
}

/** The change that is in effect: the API says which one is on sale, the clock which one withdrew it. */
export function inEffect(product: ConsoleProduct, now: number): Product | undefined {
  return product.current ?? versionAt(product, now);
}

/** The changes that are still to come, the next one first. */
export function planned(product: ConsoleProduct, now: number): Product[] {
  const from = Math.max(startOf(inEffect(product, now) ?? {}), product.current ? 0 : now);
  return product.changes.filter((change) => startOf(change) > from).sort((a, b) => startOf(a) - startOf(b));
}

/** The same as a change of its own. */
export function asRequest(product: Product, effectiveFrom: string, withdrawn: boolean): ProductRequest {
  const { kind, name, description, medium, seal, seal_price = null, term_years, price, surcharges, position } = product;
  return {
    kind,
    name,
    description,
    medium,
    seal,
    seal_price,
    term_years,
    price,
    surcharges,
    position,
    effective_from: effectiveFrom,
    withdrawn,
  };
}
