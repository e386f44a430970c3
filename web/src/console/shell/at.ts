import { useParams } from "react-router";

import type { At } from "../../api/console";

/** The line that the address names. An address that names none asks for line 0, which the API does not know. */
export function useAt(): At {
  const { order = "", line = "" } = useParams();
  return { order, line: /^\d{1,2}$/.test(line) ? Number(line) : 0 };
}
