import { useMutation } from "@tanstack/react-query";
import { Button, Form, Input } from "antd";
import { useState } from "react";

import type { FieldError, StaffRequestList } from "../../api/schema";
import { inviteStaff } from "../../api/staff";
import { MAIL } from "../../design/checks";
import { useDraft } from "../../design/draft";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { Actions, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { common } from "../../i18n/common";
import { staffTexts } from "../../i18n/staff";
import { useTexts } from "../../i18n/texts";
import { assigned, type Assignment, RoleFields } from "./RoleFields";

interface Fields extends Assignment {
  name: string;
  mail: string;
  reason: string;
}

const NOTHING: Fields = { name: "", mail: "", roles: [], branch: null, reason: "" };
const NAMES: FieldNames = { name: "name", mail: "mail", roles: "roles", branch: "branch", reason: "reason" };

interface Props {
  onAsked: (name: string, requests: StaffRequestList) => void;
  onCancel: () => void;
}

/** Asks to invite somebody. */
export function InviteForm({ onAsked, onCancel }: Props) {
  const texts = useTexts(common);
  const words = useTexts(staffTexts);
  const [form] = Form.useForm<Fields>();
  const [typed, keep, forget] = useDraft("staff-invite", NOTHING);
  const [rest, setRest] = useState<FieldError[]>([]);
  const invite = useMutation({
    mutationFn: ({ name, mail, reason, ...roles }: Fields) =>
      inviteStaff({ name: name.trim(), mail: mail.trim(), reason: reason.trim(), ...assigned(roles) }),
    onSuccess: (requests, { name }) => {
      forget();
      onAsked(name.trim(), requests);
    },
    onError: (error) => setRest(showFieldErrors(form, NAMES, error)),
  });
  const required = { required: true, whitespace: true, message: texts.required };
  return (
    <Panel title={words.staff.inviteTitle}>
      <p className="soft small">{words.staff.inviteNote}</p>
      <Form<Fields>
        form={form}
        name="invite"
        layout="vertical"
        initialValues={typed}
        validateTrigger="onBlur"
        scrollToFirstError={{ focus: true, block: "center" }}
        disabled={invite.isPending}
        onValuesChange={(_, all: Fields) => keep({ ...NOTHING, ...all, branch: all.branch ?? null })}
        onFinish={(fields) => invite.mutate(fields)}
      >
        <Form.Item name="name" label={words.staff.name} rules={[required]}>
          <Input autoComplete="off" maxLength={100} />
        </Form.Item>
        <Form.Item
          name="mail"
          label={words.staff.mail}
          rules={[required, { pattern: MAIL, message: words.staff.invalidMail }]}
        >
          <Input type="email" autoComplete="off" maxLength={254} />
        </Form.Item>
        <RoleFields />
        <Form.Item name="reason" label={words.reason} extra={words.reasonHint} rules={[required]}>
          <Input.TextArea autoSize={{ minRows: 2, maxRows: 6 }} maxLength={500} />
        </Form.Item>
        <div className="stack">
          <ProblemAlert error={invite.error} fields={rest} />
          <Actions>
            <Button type="primary" size="large" htmlType="submit" loading={invite.isPending}>
              {words.staff.inviteSubmit}
            </Button>
            <Button type="text" size="large" onClick={onCancel}>
              {words.cancel}
            </Button>
          </Actions>
        </div>
      </Form>
    </Panel>
  );
}
