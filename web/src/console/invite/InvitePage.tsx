import { skipToken, useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button, Form, Input, QRCode } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";

import { ApiError, hasCode } from "../../api/errors";
import type { FieldError, InviteView } from "../../api/schema";
import { acceptInvite, showInvite } from "../../api/staff";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { useLinkToken } from "../../design/link-token";
import { Actions, Facts, PageFrame, Panel } from "../../design/PageFrame";
import { PasswordFields } from "../../design/PasswordFields";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Shell } from "../../design/Shell";
import { Loaded } from "../../design/Standing";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { consoleTexts } from "../../i18n/console";
import { staffTexts } from "../../i18n/staff";
import { useTexts } from "../../i18n/texts";
import { asDigits, SIX_DIGITS } from "../login/second-factor";
import css from "./invite.module.css";

interface Fields {
  code: string;
  password: string;
  again: string;
}

const NAMES: FieldNames = { code: "code", password: "password" };

/** What the link of an invitation opens: second factor and password, then the login. */
export function InvitePage() {
  const { brand, nav } = useTexts(consoleTexts);
  const { invite: words } = useTexts(staffTexts);
  const token = useLinkToken();
  // A POST, as the token belongs into no address; it changes nothing. The secret is forgotten with the page.
  const view = useQuery({
    queryKey: ["console", "invite", token],
    queryFn: token === undefined ? skipToken : () => showInvite(token),
    staleTime: Infinity,
    gcTime: 0,
  });
  return (
    <Shell brand={brand} home="/console/login" navLabel={nav.label} nav={[]} account={null}>
      <PageFrame title={words.title} width="narrow">
        {token === undefined ? (
          <Alert type="info" showIcon title={words.none} description={words.noneText} />
        ) : hasCode(view.error, "link_expired", "not_found") ? (
          <Expired />
        ) : (
          <Loaded of={view}>{(known) => <Invite key={token} token={token} view={known} />}</Loaded>
        )}
      </PageFrame>
    </Shell>
  );
}

function Expired() {
  const { invite: words } = useTexts(staffTexts);
  return <Alert type="warning" showIcon title={words.expired} description={words.expiredText} />;
}

function Invite({ token, view }: { token: string; view: InviteView }) {
  const texts = useTexts(common);
  const { invite: words } = useTexts(staffTexts);
  const { time } = useTimes();
  const navigate = useNavigate();
  const [form] = Form.useForm<Fields>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const accept = useMutation({
    mutationFn: ({ code, password }: Fields) => acceptInvite({ token, code, password }),
    onError: (error) => {
      setRest(showFieldErrors(form, NAMES, error));
      if (error instanceof ApiError && error.code === "code_wrong") {
        // It changes every half minute: the old one is of no use.
        form.setFields([{ name: "code", value: "", errors: [error.problem.title] }]);
        form.focusField("code");
      }
    },
  });
  if (accept.isSuccess) {
    return (
      <Panel>
        <Alert type="success" showIcon role="status" title={words.done} description={words.doneText} />
        <Actions>
          <Button type="primary" size="large" onClick={() => void navigate("/console/login", { replace: true })}>
            {words.toLogin}
          </Button>
        </Actions>
      </Panel>
    );
  }
  if (hasCode(accept.error, "link_expired")) {
    return <Expired />;
  }
  return (
    <Form<Fields>
      form={form}
      layout="vertical"
      requiredMark={false}
      validateTrigger="onBlur"
      scrollToFirstError={{ focus: true, block: "center" }}
      disabled={accept.isPending}
      onFinish={(fields) => accept.mutate(fields)}
    >
      <div className="stack">
        <Panel>
          <p>{words.lead(view.name)}</p>
          <Facts
            facts={[
              [words.mail, <strong>{view.mail}</strong>],
              [words.until, <span className="num">{time(view.expires_at)}</span>],
            ]}
          />
        </Panel>
        <Panel title={words.scan}>
          <p className="soft small">{words.scanHint}</p>
          <div className={css.qr} role="img" aria-label={words.qr}>
            <div aria-hidden="true">
              <QRCode type="svg" value={view.otpauth} size={200} bordered={false} color="#000" bgColor="#fff" />
            </div>
          </div>
          <p className="small">{words.byHand}</p>
          <p className={css.secret} aria-label={words.secret} translate="no">
            {view.secret.match(/.{1,4}/g)?.join(" ")}
          </p>
        </Panel>
        <Panel title={words.password}>
          {/* For the browser's own store of passwords. */}
          <input className={css.user} type="email" autoComplete="username" value={view.mail} readOnly tabIndex={-1} />
          <div>
            <PasswordFields form={form} />
          </div>
        </Panel>
        <Panel title={words.first}>
          <Form.Item
            name="code"
            label={words.code}
            normalize={asDigits}
            rules={[
              { required: true, message: texts.required },
              { pattern: SIX_DIGITS, message: words.codeForm },
            ]}
          >
            <Input size="large" className="num" inputMode="numeric" autoComplete="one-time-code" maxLength={12} />
          </Form.Item>
        </Panel>
        <ProblemAlert error={accept.error} fields={rest} />
        <Button type="primary" size="large" htmlType="submit" block loading={accept.isPending}>
          {words.submit}
        </Button>
      </div>
    </Form>
  );
}
