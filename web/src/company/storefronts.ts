/** What the pages know of the storefronts before anybody asked the API; the same as in shared/domain/policies. */
import { STOREFRONT } from "../api/company";

export interface Storefront {
  id: string;
  /** Where its pages for getting in stand. */
  base: string;
  /** Where it shows what it sells. */
  home: string;
  /** Where an order of it is filled in. */
  form: string;
  /** Whose words its pages speak: an entry of the texts in i18n/ordering.ts. */
  words: "mall" | "counter";
  /** Has each person an account name? Else the company's full name is the login name (R50). */
  accountNames: boolean;
  /** May only companies buy whose papers were approved (R2)? */
  gate: boolean;
}

export const MALL: Storefront = {
  id: STOREFRONT,
  base: "",
  home: "/",
  form: "/order/new",
  words: "mall",
  accountNames: true,
  gate: true,
};
export const COUNTER: Storefront = {
  id: "counter",
  base: "/counter",
  home: "/counter",
  form: "/counter/order/new",
  words: "counter",
  accountNames: false,
  gate: false,
};

const ALL: readonly Storefront[] = [MALL, COUNTER];

/** The storefront that an order or a key names. One that the pages do not know yet looks like the first. */
export function storefrontOf(id: string): Storefront {
  return ALL.find((storefront) => storefront.id === id) ?? { ...MALL, id };
}

/** The storefront that an address belongs to; pages of both count to the first. */
export function storefrontAt(path: string): Storefront {
  return path === COUNTER.base || path.startsWith(`${COUNTER.base}/`) ? COUNTER : MALL;
}
