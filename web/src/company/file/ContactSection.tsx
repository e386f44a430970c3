import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";

import { hasCode } from "../../api/errors";
import { changeContact, confirmContact } from "../../api/file";
import type { CodeSent, CompanyFile, ContactChangeView, FieldError } from "../../api/schema";
import { MAIL, MOBILE } from "../../design/checks";
import { CodeField } from "../../design/CodeField";
import { storeDraft, useDraft } from "../../design/draft";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { Actions, Facts } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { fileTexts, record } from "../../i18n/file";
import { useTexts } from "../../i18n/texts";
import { EditForm, useEditing } from "./editing";
import { type Desk, Given, Section } from "./section";

interface Fields {
  [name: string]: string;
  name: string;
  mobile: string;
  mail: string;
}

const NAMES: FieldNames = { "contact.name": "name", "contact.mobile": "mobile", "contact.mail": "mail" };
const CODES: FieldNames = { mobile_code: "mobile_code", mail_code: "mail_code" };

/** A new contact that waits for codes; nothing in it is secret. */
interface Pending {
  change: string;
  contact: Fields;
  mobile: CodeSent | null;
  mail: CodeSent | null;
}

const NOTHING: Pending = { change: "", contact: { name: "", mobile: "", mail: "" }, mobile: null, mail: null };

function fields({ contact }: CompanyFile): Fields {
  return { name: contact.name, mobile: contact.mobile, mail: contact.mail };
}

function pending(contact: Fields, view: ContactChangeView): Pending | undefined {
  return view.change
    ? { change: view.change, contact, mobile: view.mobile_code ?? null, mail: view.mail_code ?? null }
    : undefined;
}

/** 联系人 (R56): optional when nothing changed; a new mobile number or mailbox proves itself by code. */
export function ContactSection({ desk }: { desk: Desk }) {
  const words = useTexts(fileTexts);
  const { field } = useTexts(record);
  const { time } = useTimes();
  const [waiting, setWaiting] = useDraft(`${desk.drafts}:contact-codes`, NOTHING);
  const { contact, frozen_until: until } = desk.file;
  const [now] = useState(Date.now);
  const frozen = until && Date.parse(until) > now ? until : undefined;
  const own = words.contact;
  const isOpen = desk.open === "contact" && frozen === undefined;
  return (
    <Section
      desk={desk}
      name="contact"
      title={own.title}
      action={{
        label: words.editOf(own.title),
        word: words.edit,
        what: "contact",
        disabled: frozen !== undefined,
      }}
    >
      {frozen && <Alert type="info" showIcon title={own.frozen(time(frozen))} />}
      {isOpen && waiting.change !== "" ? (
        <Codes desk={desk} waiting={waiting} onWaiting={setWaiting} />
      ) : isOpen ? (
        <ContactForm desk={desk} onWaiting={setWaiting} />
      ) : (
        <>
          <p className="soft small">{own.hint}</p>
          <Facts
            facts={[
              [field.contact.name, <Given value={contact.name} />],
              [field.contact.mobile, <Given value={contact.mobile} />],
              [field.contact.mail, <Given value={contact.mail} />],
            ]}
          />
        </>
      )}
    </Section>
  );
}

function ContactForm({ desk, onWaiting }: { desk: Desk; onWaiting: (waiting: Pending) => void }) {
  const texts = useTexts(common);
  const words = useTexts(fileTexts);
  const { field } = useTexts(record);
  const own = words.contact;
  const editing = useEditing<CompanyFile, Fields, { contact: Fields; view: ContactChangeView }>({
    storedAs: `${desk.drafts}:contact`,
    source: desk.file,
    pick: (file) => ({ version: file.version, values: fields(file) }),
    refresh: desk.refresh,
    empty: fields(desk.file),
    names: NAMES,
    send: async (version, contact) => ({ contact, view: await changeContact({ version, contact: { ...contact } }) }),
    onSaved: ({ contact, view }) => {
      desk.take(view.file);
      const waiting = pending(contact, view);
      if (waiting) {
        onWaiting(waiting);
      } else {
        desk.close();
        desk.tell("contact", { text: own.saved });
      }
    },
    onUnchanged: () => {
      desk.close();
      desk.tell("contact", { type: "info", text: words.unchanged });
    },
  });
  const required = { required: true, whitespace: true, message: texts.required };
  // A mailbox that is on file may be replaced, not taken away: unbinding needs it.
  const needsMail = desk.file.contact.mail !== "";
  return (
    <EditForm editing={editing} area="contact" focus={desk.clicked} onCancel={desk.close}>
      <Form.Item name="name" label={field.contact.name} rules={[required]}>
        <Input autoComplete="name" maxLength={50} />
      </Form.Item>
      <Form.Item
        name="mobile"
        label={field.contact.mobile}
        extra={own.mobileHint}
        rules={[required, { pattern: MOBILE, message: texts.invalidMobile }]}
      >
        <Input type="tel" inputMode="numeric" autoComplete="tel-national" maxLength={11} />
      </Form.Item>
      <Form.Item
        name="mail"
        label={field.contact.mail}
        extra={own.mailHint}
        rules={[...(needsMail ? [required] : []), { pattern: MAIL, message: own.invalidMail }]}
      >
        <Input type="email" autoComplete="email" maxLength={254} />
      </Form.Item>
    </EditForm>
  );
}

interface CodesProps {
  desk: Desk;
  waiting: Pending;
  onWaiting: (waiting: Pending) => void;
}

function Codes({ desk, waiting, onWaiting }: CodesProps) {
  const words = useTexts(fileTexts);
  const own = words.contact;
  const [form] = Form.useForm<{ mobile_code?: string; mail_code?: string }>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const back = () => {
    // The form begins at what was typed, on the file as it is now.
    storeDraft(`${desk.drafts}:contact`, {
      version: desk.file.version,
      base: fields(desk.file),
      typed: waiting.contact,
    });
    onWaiting(NOTHING);
  };
  const onError = async (error: unknown) => {
    setRest(showFieldErrors(form, CODES, error));
    if (hasCode(error, "changed_meanwhile")) {
      back();
      await desk.refresh();
    }
  };
  const confirm = useMutation({
    mutationFn: (codes: { mobile_code?: string; mail_code?: string }) =>
      confirmContact(waiting.change, {
        ...(codes.mobile_code && { mobile_code: codes.mobile_code }),
        ...(codes.mail_code && { mail_code: codes.mail_code }),
      }),
    onSuccess: (file) => {
      onWaiting(NOTHING);
      desk.take(file);
      desk.close();
      desk.tell("contact", { text: own.savedTold });
    },
    onError,
  });
  const resend = useMutation({
    mutationFn: () => changeContact({ version: desk.file.version, contact: { ...waiting.contact } }),
    onSuccess: (view) => {
      desk.take(view.file);
      form.resetFields();
      confirm.reset();
      onWaiting(pending(waiting.contact, view) ?? NOTHING);
    },
    onError,
  });
  const rules = [{ required: true, pattern: /^\d{6}$/, message: own.codeForm }];
  const busy = confirm.isPending || resend.isPending;
  const again = { onResend: () => resend.mutate(), resending: resend.isPending };
  return (
    <Form
      form={form}
      layout="vertical"
      validateTrigger="onSubmit"
      disabled={busy}
      scrollToFirstError={{ focus: true, block: "center" }}
      onFinish={(codes) => {
        setRest([]);
        confirm.mutate(codes);
      }}
    >
      <div className="stack">
        <Alert type="info" showIcon title={own.codes} role="status" />
        <div>
          {waiting.mobile && (
            <Form.Item name="mobile_code" label={own.mobileCode} rules={rules}>
              <CodeField sent={waiting.mobile} {...again} />
            </Form.Item>
          )}
          {waiting.mail && (
            <Form.Item name="mail_code" label={own.mailCode} rules={rules}>
              <CodeField sent={waiting.mail} {...(!waiting.mobile && again)} />
            </Form.Item>
          )}
        </div>
        <ProblemAlert error={confirm.error ?? resend.error} fields={rest} />
        <Actions>
          <Button type="primary" htmlType="submit" loading={confirm.isPending}>
            {own.confirm}
          </Button>
          <Button disabled={busy} onClick={back}>
            {own.back}
          </Button>
          <Button
            type="text"
            disabled={busy}
            onClick={() => {
              onWaiting(NOTHING);
              desk.close();
            }}
          >
            {words.cancel}
          </Button>
        </Actions>
      </div>
    </Form>
  );
}
