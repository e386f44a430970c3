import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Form, Input, Modal } from "antd";
import { useState } from "react";

import { hasCode } from "../../api/errors";
import type { FieldError, StaffList, StaffView } from "../../api/schema";
import { changeRoles, staffQuery } from "../../api/staff";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { ProblemAlert } from "../../design/ProblemAlert";
import { common } from "../../i18n/common";
import { staffTexts } from "../../i18n/staff";
import { useTexts } from "../../i18n/texts";
import { assigned, type Assignment, RoleFields } from "./RoleFields";
import { type RoleChange, roleChange, waits } from "./roles";

interface Fields extends Assignment {
  reason: string;
}

const NAMES: FieldNames = { roles: "roles", branch: "branch", reason: "reason" };

interface Props {
  /** As the list has them now; another administrator may change them meanwhile. */
  person: StaffView;
  onChanged: (list: StaffList, change: RoleChange) => void;
  onClose: () => void;
}

/** Changes somebody's roles, and says beforehand what happens at once and what waits. */
export function RolesModal({ person, onChanged, onClose }: Props) {
  const texts = useTexts(common);
  const words = useTexts(staffTexts);
  const client = useQueryClient();
  const [form] = Form.useForm<Fields>();
  const [rest, setRest] = useState<FieldError[]>([]);
  /** The version under which somebody else was found to have changed it. */
  const [overtaken, setOvertaken] = useState<number>();
  const roles = Form.useWatch("roles", form) as Fields["roles"] | undefined;
  const branch = Form.useWatch("branch", form) as Fields["branch"] | undefined;
  const change = roleChange(
    person,
    assigned({ roles: roles ?? person.roles, branch: branch ?? person.branch ?? null }),
  );
  const names = (list: Fields["roles"]) => list.map((one) => texts.role[one]).join(texts.list);
  const isSame = change.taken.length === 0 && change.given.length === 0 && !change.moved;
  const save = useMutation({
    mutationFn: ({ reason, ...fields }: Fields) =>
      changeRoles(person.id, { version: person.version, reason: reason.trim(), ...assigned(fields) }),
    onSuccess: (list) => onChanged(list, change),
    onError: async (error) => {
      setRest(showFieldErrors(form, NAMES, error));
      if (hasCode(error, "changed_meanwhile")) {
        await client.refetchQueries({ queryKey: staffQuery.queryKey });
        const now = client.getQueryData(staffQuery.queryKey)?.staff.find(({ id }) => id === person.id);
        setOvertaken(now?.version);
      }
    },
  });
  return (
    <Modal
      open
      title={words.staff.changeOf(person.name)}
      okText={words.staff.changeSubmit}
      cancelText={words.cancel}
      okButtonProps={{ loading: save.isPending, disabled: isSame }}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form<Fields>
        form={form}
        name="change-roles"
        layout="vertical"
        initialValues={{ roles: person.roles, branch: person.branch ?? null, reason: "" }}
        disabled={save.isPending}
        onFinish={(fields) => save.mutate(fields)}
      >
        {overtaken !== undefined && overtaken === person.version ? (
          <Alert
            type="warning"
            showIcon
            role="alert"
            title={words.staff.changedBy(names(person.roles) || words.staff.noRoles)}
            style={{ marginBottom: 16 }}
          />
        ) : null}
        <RoleFields />
        <div className="stack" role="status" style={{ marginBottom: 16, gap: 4 }}>
          {change.given.length > 0 && <p>{words.staff.given(names(change.given))}</p>}
          {change.moved && <p>{words.staff.moved}</p>}
          {change.taken.length > 0 && (
            <p>{(waits(change) ? words.staff.takenLater : words.staff.taken)(names(change.taken))}</p>
          )}
          {isSame && <p className="soft">{words.staff.unchanged}</p>}
        </div>
        <Form.Item
          name="reason"
          label={words.reason}
          extra={words.reasonHint}
          rules={[{ required: true, whitespace: true, message: texts.required }]}
        >
          <Input.TextArea autoSize={{ minRows: 2, maxRows: 6 }} maxLength={500} />
        </Form.Item>
        {!(overtaken === person.version) && <ProblemAlert error={save.error} fields={rest} />}
      </Form>
    </Modal>
  );
}
