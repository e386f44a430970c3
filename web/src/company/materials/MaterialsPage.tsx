import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";

import { orderQuery, submitMaterials } from "../../api/company";
import type { BasicData, FieldError, LineView, OrderView, PaperKind } from "../../api/schema";
import { MOBILE } from "../../design/checks";
import { useDraft } from "../../design/draft";
import { type FieldNames, showFieldErrors } from "../../design/fields";
import { PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded } from "../../design/Standing";
import { StateTag } from "../../design/StateTag";
import { common } from "../../i18n/common";
import { materialsTexts } from "../../i18n/materials";
import { useLocal, useTexts } from "../../i18n/texts";
import { useSession } from "../shell/RequireSession";
import css from "./materials.module.css";
import { PaperSlot } from "./PaperSlot";
import { usePapers } from "./papers";

const NAMES: FieldNames = {
  "basic.legal_representative": "legal_representative",
  "basic.agent_name": "agent_name",
  "basic.agent_mobile": "agent_mobile",
};

/** May the materials of a line be filled in now? Where they are part of the draft, as long as it is one. */
function asksNow(order: OrderView, line: LineView): boolean {
  if (line.carried_from) {
    // It has the state of its upgrade, and no papers of its own.
    return false;
  }
  return order.state === "draft"
    ? line.plan.materials === "before_submit"
    : line.display === "awaiting_materials" || line.display === "changes_requested";
}

/** 上传资料 (R17): basic data and papers of one line, the first time and after a refusal. */
export function MaterialsPage() {
  const { order: number = "", line: no = "" } = useParams();
  const { materials } = useTexts(materialsTexts);
  const order = useQuery({ ...orderQuery(number), refetchOnWindowFocus: false });
  const line = order.data?.lines.find((known) => String(known.no) === no);
  return (
    <PageFrame
      title={materials.title}
      back={{ to: `/orders/${number}`, label: materials.order }}
      beside={line && <StateTag state={line.display} />}
    >
      <Loaded of={order}>
        {(view) =>
          line && asksNow(view, line) ? (
            <Materials key={line.refusals.length} number={number} line={line} draft={view.state === "draft"} />
          ) : (
            <Panel>
              <Alert type="info" showIcon title={view.can_withdraw ? materials.withdrawFirst : materials.notNow} />
              <Link to={`/orders/${number}`}>{materials.toOrder}</Link>
            </Panel>
          )
        }
      </Loaded>
    </PageFrame>
  );
}

interface Props {
  number: string;
  line: LineView;
  /** They are kept with the draft and may still lack something; else they are handed in, complete. */
  draft: boolean;
}

function Materials({ number, line, draft }: Props) {
  const texts = useTexts(common);
  const { materials: words } = useTexts(materialsTexts);
  const local = useLocal();
  const { contact } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [form] = Form.useForm<BasicData>();
  const [typed, keep, forget] = useDraft<BasicData>(
    `materials:${number}:${String(line.no)}:basic`,
    line.basic ?? { legal_representative: "", agent_name: contact.name, agent_mobile: contact.mobile },
  );
  const papers = usePapers(number, line, draft);
  const [missing, setMissing] = useState<readonly PaperKind[]>([]);
  const [rest, setRest] = useState<FieldError[]>([]);
  const send = useMutation({
    mutationFn: (basic: BasicData) =>
      submitMaterials(number, line.no, {
        basic: {
          legal_representative: basic.legal_representative.trim(),
          agent_name: basic.agent_name.trim(),
          agent_mobile: basic.agent_mobile.trim(),
        },
        papers: papers.ids,
      }),
    onSuccess: (order) => {
      forget();
      papers.forget();
      client.setQueryData(orderQuery(number).queryKey, order);
      void client.invalidateQueries({ queryKey: ["orders"] });
      void navigate(`/orders/${number}`, { replace: true });
    },
    onError: (error) => setRest(showFieldErrors(form, NAMES, error)),
  });
  const required = { required: true, whitespace: true, message: texts.required };
  return (
    <Form<BasicData>
      form={form}
      layout="vertical"
      initialValues={typed}
      validateTrigger="onBlur"
      scrollToFirstError={{ focus: true, block: "center" }}
      onValuesChange={(_, all: BasicData) => keep(all)}
      onFinish={(basic) => {
        const without = line.required_papers.filter((kind) => !papers.of(kind).some((paper) => paper.state === "done"));
        setMissing(draft ? [] : without);
        if ((draft || without.length === 0) && !papers.busy) {
          send.mutate(basic);
        } else if (without[0]) {
          document.getElementById(`paper-${without[0]}`)?.scrollIntoView({ block: "center", behavior: "smooth" });
        }
      }}
    >
      <div className="stack">
        <p className="soft">
          {local(line.product.name)} · {texts.orderNumber} <span className="num">{number}</span>
        </p>
        {draft && line.refusals.length > 0 && <Alert type="warning" showIcon title={words.refusedBefore} />}
        <Panel title={words.basic}>
          <p className="soft small">{words.basicHint}</p>
          <div className={css.grid}>
            <Form.Item name="legal_representative" label={texts.basic.legalRepresentative} rules={[required]}>
              <Input autoComplete="off" maxLength={100} />
            </Form.Item>
            <Form.Item name="agent_name" label={texts.basic.agentName} rules={[required]}>
              <Input autoComplete="name" maxLength={100} />
            </Form.Item>
            <Form.Item
              name="agent_mobile"
              label={texts.basic.agentMobile}
              rules={[required, { pattern: MOBILE, message: texts.invalidMobile }]}
            >
              <Input type="tel" inputMode="numeric" autoComplete="tel-national" maxLength={11} />
            </Form.Item>
          </div>
        </Panel>
        <Panel title={words.papers}>
          <p className="soft small">{words.papersHint}</p>
          {line.required_papers.map((kind) => (
            <PaperSlot
              key={kind}
              kind={kind}
              papers={papers.of(kind)}
              refusal={line.refusals.find((refusal) => refusal.kind === kind)}
              missing={missing.includes(kind) && papers.of(kind).length === 0}
              template={
                kind === "business_licence" ? undefined : `/orders/${number}/lines/${String(line.no)}/templates/${kind}`
              }
              onAdd={(files) => papers.add(kind, files)}
              onRetry={papers.retry}
              onRemove={papers.remove}
            />
          ))}
        </Panel>
        <ProblemAlert error={send.error} fields={rest} />
        <div className="row">
          <Button type="primary" size="large" htmlType="submit" loading={send.isPending} disabled={papers.busy}>
            {draft ? words.save : words.submit}
          </Button>
          <span className="soft small">
            {papers.busy ? words.waitUploads : draft ? words.saveNote : words.submitNote}
          </span>
        </div>
      </div>
    </Form>
  );
}
