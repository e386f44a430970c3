/** Puts the wrong fields of an error beside the fields of a form. */
import type { FormInstance } from "antd";

import { ApiError, fieldErrors, hasCode } from "../api/errors";
import type { FieldError } from "../api/schema";

/** Names of the API (`delivery.address.name`) to names of the form. */
export type FieldNames = Readonly<Record<string, string | readonly (string | number)[]>>;

/** Shows each error at its field and returns those that no field could show. */
export function showFieldErrors<T>(form: FormInstance<T>, names: FieldNames, error: unknown): FieldError[] {
  const rest: FieldError[] = [];
  let first: (string | number)[] | undefined;
  for (const wrong of fieldErrors(error)) {
    const name = names[wrong.field];
    if (name === undefined) {
      rest.push(wrong);
      continue;
    }
    const path = typeof name === "string" ? [name] : [...name];
    first ??= path;
    // The names are those of the form's own fields; a table cannot tell that to its type.
    form.setFields([{ name: path as never, errors: [wrong.message] }]);
  }
  if (first) {
    form.scrollToField(first, { focus: true, block: "center" });
  }
  return rest;
}

/** Shows at the field of a one-time code that it is wrong, ready to be typed anew. Returns whether it was that. */
export function showCodeError<T>(form: FormInstance<T>, name: string, error: unknown): boolean {
  if (!(error instanceof ApiError) || !hasCode(error, "code_wrong")) {
    return false;
  }
  form.setFields([{ name: name as never, errors: [error.problem.title] }]);
  form.scrollToField(name, { focus: true, block: "center" });
  return true;
}
