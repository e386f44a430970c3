/** What the pages know of the storefronts before anybody asked the API; the same as in shared/domain/policies. */
import { STOREFRONT } from "../api/company";

export interface Storefront {
  id: string;
  /** Where its pages for getting in stand. */
  base: string;
  /** Has each person an account name? Else the company's full name is the login name (R50). */
  accountNames: boolean;
  /** May only companies buy whose papers were approved (R2)? */
  gate: boolean;
}

export const MALL: Storefront = { id: STOREFRONT, base: "", accountNames: true, gate: true };
export const COUNTER: Storefront = { id: "counter", base: "/counter", accountNames: false, gate: false };
