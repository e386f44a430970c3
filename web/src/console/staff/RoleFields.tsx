import { useQuery } from "@tanstack/react-query";
import { Checkbox, Form, Select } from "antd";

import type { Role } from "../../api/schema";
import { branchesQuery } from "../../api/staff";
import { ProblemAlert } from "../../design/ProblemAlert";
import { common } from "../../i18n/common";
import { staffTexts } from "../../i18n/staff";
import { useTexts } from "../../i18n/texts";
import { isChoosable, ROLES } from "./roles";
import css from "./staff.module.css";

/** The fields of {@link RoleFields}. */
export interface Assignment {
  roles: Role[];
  branch: string | null;
}

/** Fields `roles` and `branch` of a form. */
export function RoleFields() {
  const { role } = useTexts(common);
  const { staff: words, roleWords } = useTexts(staffTexts);
  const branches = useQuery(branchesQuery);
  const chosen = (Form.useWatch<Role[] | undefined>("roles") ?? []) as readonly Role[];
  return (
    <>
      <Form.Item
        name="roles"
        label={words.roles}
        extra={words.adminAlone}
        rules={[
          {
            // Not `required`: a group of boxes cannot carry that for screen readers.
            validator: (_, roles: readonly Role[] | undefined) =>
              roles?.length ? Promise.resolve() : Promise.reject(new Error(words.rolesNeeded)),
          },
        ]}
        validateTrigger="onSubmit"
      >
        <Checkbox.Group className={css.roles} role="group" aria-label={words.roles}>
          {ROLES.map((one) => (
            <Checkbox key={one} value={one} disabled={!isChoosable(one, chosen)}>
              {role[one]} <span className="soft small">{roleWords[one]}</span>
            </Checkbox>
          ))}
        </Checkbox.Group>
      </Form.Item>
      {chosen.includes("branch") && (
        <>
          <Form.Item
            name="branch"
            label={words.branchField}
            extra={branches.data?.branches.length === 0 ? words.noBranches : undefined}
            rules={[{ required: true, message: words.branchNeeded }]}
          >
            <Select
              loading={branches.isPending}
              placeholder={words.branchNeeded}
              options={branches.data?.branches.map(({ id, name }) => ({ value: id, label: name })) ?? []}
            />
          </Form.Item>
          <ProblemAlert error={branches.error} onRetry={() => void branches.refetch()} />
        </>
      )}
    </>
  );
}

/** What is sent of them: a branch only with its role. */
export function assigned({ roles, branch }: Assignment): Assignment {
  return { roles: ROLES.filter((role) => roles.includes(role)), branch: roles.includes("branch") ? branch : null };
}
