import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input } from "antd";
import { useState } from "react";

import { type At, certificateQuery, issueCertificate, productionQuery, unitMade } from "../../api/console";
import { hasCode } from "../../api/errors";
import type { CertificateView, FieldError, UnitView } from "../../api/schema";
import { useDraft } from "../../design/draft";
import { showFieldErrors } from "../../design/fields";
import { Actions, Facts, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { consoleTexts } from "../../i18n/console";
import { orderTexts } from "../../i18n/order";
import { useTexts } from "../../i18n/texts";
import css from "./production.module.css";

interface Props {
  at: At;
  unit: UnitView;
  /** Is the line in production now? */
  open: boolean;
}

/** One key: waiting for its request, being written, or made. */
export function UnitCard({ at, unit, open }: Props) {
  const texts = useTexts(orderTexts);
  const { production: words } = useTexts(consoleTexts);
  const { day } = useTimes();
  const finished = unit.state === "made" || unit.state === "handed_over";
  const tone = finished ? "done" : unit.state === "scrapped" ? "over" : "ours";
  return (
    <Panel title={texts.unitNo(unit.no)} beside={<ToneTag tone={tone}>{texts.unit[unit.state]}</ToneTag>}>
      {unit.certificate_serial && (
        <Facts
          facts={[
            [words.serial, <span className="mono">{unit.certificate_serial}</span>],
            ...(unit.not_after ? ([[words.until, day(unit.not_after)]] as const) : []),
            ...(unit.key_serial ? ([[words.keySerial, <span className="mono">{unit.key_serial}</span>]] as const) : []),
          ]}
        />
      )}
      {unit.state === "waiting" && open && <CsrForm at={at} unit={unit.no} />}
      {unit.state === "writing" && <Written at={at} unit={unit.no} open={open} />}
      {finished && <LaterCertificate at={at} unit={unit.no} />}
    </Panel>
  );
}

function CsrForm({ at, unit }: { at: At; unit: number }) {
  const texts = useTexts(common);
  const { production: words } = useTexts(consoleTexts);
  const client = useQueryClient();
  const [form] = Form.useForm<{ csr: string }>();
  const [typed, keep, forget] = useDraft(`csr:${at.order}:${String(at.line)}:${String(unit)}`, { csr: "" });
  const [rest, setRest] = useState<FieldError[]>([]);
  const issue = useMutation({
    mutationFn: ({ csr }: { csr: string }) => issueCertificate(at, unit, { csr: `${csr.trim()}\n` }),
    onSuccess: (certificate) => {
      forget();
      client.setQueryData(certificateQuery(at, unit).queryKey, certificate);
      return client.invalidateQueries({ queryKey: productionQuery(at).queryKey, exact: true });
    },
    onError: (error) => {
      setRest(showFieldErrors(form, { csr: "csr" }, error));
      if (hasCode(error, "certificate_already_issued", "not_in_this_state")) {
        void client.invalidateQueries({ queryKey: productionQuery(at).queryKey, exact: true });
      }
    },
  });
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      initialValues={typed}
      validateTrigger="onBlur"
      onValuesChange={(_, all: { csr: string }) => keep(all)}
      onFinish={(fields) => issue.mutate(fields)}
    >
      <Form.Item
        name="csr"
        label={words.csr}
        extra={words.csrHint}
        rules={[
          { required: true, whitespace: true, message: texts.required },
          { pattern: /-----BEGIN (NEW )?CERTIFICATE REQUEST-----/, message: words.csrForm },
        ]}
      >
        <Input.TextArea className={css.pem} rows={6} spellCheck={false} autoComplete="off" />
      </Form.Item>
      <div className="stack">
        <ProblemAlert error={issue.error} fields={rest} />
        <Actions>
          <Button type="primary" htmlType="submit" loading={issue.isPending}>
            {words.issue}
          </Button>
        </Actions>
      </div>
    </Form>
  );
}

function Written({ at, unit, open }: { at: At; unit: number; open: boolean }) {
  const texts = useTexts(common);
  const { production: words } = useTexts(consoleTexts);
  const client = useQueryClient();
  const [form] = Form.useForm<{ serial: string }>();
  const [rest, setRest] = useState<FieldError[]>([]);
  const certificate = useQuery(certificateQuery(at, unit));
  const made = useMutation({
    mutationFn: ({ serial }: { serial: string }) => unitMade(at, unit, { key_serial: serial.trim() }),
    onSuccess: (view) => client.setQueryData(productionQuery(at).queryKey, view),
    onError: (error) => {
      setRest(showFieldErrors(form, { key_serial: "serial" }, error));
      if (hasCode(error, "not_in_this_state", "changed_meanwhile")) {
        void client.invalidateQueries({ queryKey: productionQuery(at).queryKey, exact: true });
      }
    },
  });
  return (
    <>
      {certificate.error && <ProblemAlert error={certificate.error} onRetry={() => void certificate.refetch()} />}
      {certificate.data && <Certificate at={at} view={certificate.data} />}
      {open && (
        <Form form={form} layout="vertical" requiredMark={false} onFinish={(fields) => made.mutate(fields)}>
          <Form.Item
            name="serial"
            label={words.keySerial}
            extra={words.keySerialHint}
            rules={[{ required: true, whitespace: true, message: texts.required }]}
          >
            <Input maxLength={64} spellCheck={false} autoComplete="off" className={css.serial} />
          </Form.Item>
          <div className="stack">
            <ProblemAlert error={made.error} fields={rest} />
            <Actions>
              <Button type="primary" htmlType="submit" loading={made.isPending}>
                {words.made}
              </Button>
            </Actions>
          </div>
        </Form>
      )}
    </>
  );
}

/** The certificate of a finished key, only when somebody asks. */
function LaterCertificate({ at, unit }: { at: At; unit: number }) {
  const { production: words } = useTexts(consoleTexts);
  const [asked, setAsked] = useState(false);
  const certificate = useQuery({ ...certificateQuery(at, unit), enabled: asked });
  if (certificate.data && asked) {
    return <Certificate at={at} view={certificate.data} />;
  }
  return (
    <Actions>
      <Button loading={certificate.isFetching} onClick={() => setAsked(true)}>
        {words.showCertificate}
      </Button>
      <ProblemAlert error={certificate.error} onRetry={() => void certificate.refetch()} />
    </Actions>
  );
}

function Certificate({ at, view }: { at: At; view: CertificateView }) {
  const texts = useTexts(common);
  const { production: words } = useTexts(consoleTexts);
  const [copied, setCopied] = useState(false);
  const name = `${at.order}-${String(at.line)}-${String(view.unit)}`;
  return (
    <div className="stack">
      <div>
        <h3>{words.certificate}</h3>
        <pre className={css.certificate} tabIndex={0} aria-label={words.certificate}>
          {view.certificate}
        </pre>
      </div>
      <Actions>
        <Button
          onClick={() =>
            void navigator.clipboard.writeText(view.certificate).then(
              () => setCopied(true),
              () => setCopied(false),
            )
          }
        >
          {copied ? texts.copied : texts.copy}
        </Button>
        <Button onClick={() => save(`${name}.pem`, view.certificate)}>{words.download}</Button>
        <Button onClick={() => save(`${name}-chain.pem`, view.chain)}>{words.downloadChain}</Button>
      </Actions>
    </div>
  );
}

function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "application/x-pem-file" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1_000);
}
