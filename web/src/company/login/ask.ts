import { login } from "../../api/access";
import type { CodeSent } from "../../api/schema";
import type { Storefront } from "../storefronts";

export interface Fields {
  name: string;
  password: string;
}

/** A company that is bound to a key: its password was right, the code is still to come. */
export interface Bound {
  /** What was right, to ask for another code with. */
  fields: Fields;
  sent: CodeSent;
}

export const ask = (storefront: Storefront, { name, password }: Fields, human: string) =>
  login({ storefront: storefront.id, name: name.trim(), password, human });
