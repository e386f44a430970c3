/** What a service for a key costs, as the storefront's catalogue says; a price that depends on the key is the server's. */
import { useQueries, useQuery } from "@tanstack/react-query";

import { catalogQuery } from "../../api/company";
import { quoteQuery } from "../../api/ordering";
import type { CatalogView, KeyView, Product, ProductKind } from "../../api/schema";
import { formatMoney } from "../../design/format-money";
import { common } from "../../i18n/common";
import { keysTexts } from "../../i18n/keys";
import { useLocal, useTexts } from "../../i18n/texts";
import { storefrontOf } from "../storefronts";

/** The catalogue of a storefront; undefined while it is not there, null when it cannot be had. */
export type Catalog = CatalogView | null | undefined;

/** The catalogues of the storefronts that keys come from: at most one request for each. */
export function useCatalogs(keys: readonly KeyView[]): (key: KeyView) => Catalog {
  const ids = [...new Set(keys.filter(({ services }) => services.length > 0).map(({ storefront }) => storefront))];
  const all = useQueries({ queries: ids.map((id) => catalogQuery(storefrontOf(id).id)) });
  return ({ storefront }) => {
    const one = all[ids.indexOf(storefront)];
    return one?.data ?? (one?.error ? null : undefined);
  };
}

/** What is on sale of a kind. */
export function offersOf(catalog: CatalogView, kind: ProductKind): Product[] {
  return catalog.products.filter((product) => product.kind === kind);
}

/** The price of a kind in words; empty as long as it is not known. */
export function usePriceOf(): (catalog: Catalog, kind: ProductKind) => string {
  const { services: words } = useTexts(keysTexts);
  const { years, list } = useTexts(common);
  const local = useLocal();
  return (catalog, kind) => {
    const offers = catalog ? offersOf(catalog, kind) : [];
    const isByTerm = kind === "renewal" && new Set(offers.map(({ term_years }) => term_years)).size === offers.length;
    return offers
      .map(({ price, term_years, name }) =>
        isByTerm
          ? words.perYears(formatMoney(price), years(term_years))
          : offers.length > 1
            ? words.perName(formatMoney(price), local(name))
            : formatMoney(price),
      )
      .join(list);
  };
}

/** What an upgrade comes to with the time left on the key, once that was read; undefined as long as nobody knows. */
export function useUpgradePrice(
  { serial, inspection }: KeyView,
  catalog: Catalog,
  isOpen: boolean,
): string | undefined {
  const [product] = catalog ? offersOf(catalog, "upgrade") : [];
  const isRead = isOpen && inspection !== undefined && inspection !== null && inspection.fresh && !inspection.used;
  const quote = useQuery({
    ...quoteQuery(
      isRead && product && catalog
        ? {
            storefront: catalog.storefront,
            urgency: "none",
            // As if a loss was accepted: this buys nothing. The same question as that of the panel after the reading.
            lines: [{ sku: product.sku, quantity: 1, key_serial: serial, accept_loss: true }],
          }
        : undefined,
    ),
    placeholderData: undefined,
  });
  return quote.data?.lines[0]?.amount;
}
