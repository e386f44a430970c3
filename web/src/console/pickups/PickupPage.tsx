import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Popconfirm } from "antd";

import type { At } from "../../api/console";
import { hasCode } from "../../api/errors";
import { pickedUp, pickupQuery } from "../../api/orders-desk";
import type { LineStage, ShippingView } from "../../api/schema";
import { Actions, Facts, PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import type { Tone } from "../../design/tokens";
import { common } from "../../i18n/common";
import { consoleTexts } from "../../i18n/console";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useLocal, useTexts } from "../../i18n/texts";
import { useAt } from "../shell/at";
import { useStaff } from "../shell/ConsoleShell";

function toneOf(stage: LineStage): Tone {
  return stage === "LineCompleted" ? "done" : stage === "LineCancelled" ? "over" : "ours";
}

/** Keys of one line at a branch: whom to call, and that they were fetched. */
export function PickupPage() {
  const at = useAt();
  const { pickups: words } = useTexts(ordersDeskTexts);
  const { stage } = useTexts(consoleTexts);
  const { branch_name: branch } = useStaff();
  const pickup = useQuery(pickupQuery(at));
  return (
    <PageFrame
      title={`${words.line} ${at.order}`}
      back={{ to: "/console/pickups", label: branch ? words.titleOf(branch) : words.title }}
      beside={pickup.data && <ToneTag tone={toneOf(pickup.data.row.stage)}>{stage[pickup.data.row.stage]}</ToneTag>}
    >
      <Loaded of={pickup}>{(view) => <Pickup at={at} view={view} />}</Loaded>
    </PageFrame>
  );
}

function Pickup({ at, view: { row, contact } }: { at: At; view: ShippingView }) {
  const { pickups: words } = useTexts(ordersDeskTexts);
  const { queue } = useTexts(consoleTexts);
  const local = useLocal();
  return (
    <Panel title={words.about}>
      <Facts
        facts={[
          [queue.company, <strong>{row.company_name}</strong>],
          [words.contact, <strong>{contact.name}</strong>],
          [
            words.mobile,
            <a className="num" href={`tel:${contact.mobile}`}>
              <strong>{contact.mobile}</strong>
            </a>,
          ],
          ...(contact.mail ? ([[words.mail, contact.mail]] as const) : []),
          [queue.product, `${local(row.product.name)} × ${String(row.quantity)}`],
        ]}
      />
      <Fetched at={at} stage={row.stage} quantity={row.quantity} />
    </Panel>
  );
}

interface FetchedProps {
  at: At;
  stage: LineStage;
  quantity: number;
}

function Fetched({ at, stage, quantity }: FetchedProps) {
  const texts = useTexts(common);
  const { pickups: words } = useTexts(ordersDeskTexts);
  const client = useQueryClient();
  const { queryKey } = pickupQuery(at);
  const fetched = useMutation({
    mutationFn: () => pickedUp(at),
    onSuccess: (next) => client.setQueryData(queryKey, next),
    onError: (error) => {
      if (hasCode(error, "not_in_this_state", "changed_meanwhile")) {
        void client.invalidateQueries({ queryKey });
      }
    },
  });
  if (stage === "LineCompleted" || stage === "AwaitReceipt") {
    const title = stage === "AwaitReceipt" ? words.handedNow : words.doneNow;
    return <Alert type="success" showIcon role="status" title={title} />;
  }
  if (stage === "LineCancelled") {
    return <Alert type="warning" showIcon role="status" title={words.cancelled} />;
  }
  return (
    <>
      <ProblemAlert error={fetched.error} />
      {stage === "AwaitPickup" ? (
        <>
          <p className="soft small">{words.callFirst}</p>
          <Actions>
            <Popconfirm
              title={words.doneSure(quantity)}
              okText={texts.sure}
              cancelText={texts.notSure}
              onConfirm={() => fetched.mutate()}
              styles={{ root: { maxWidth: 340 } }}
            >
              <Button type="primary" size="large" loading={fetched.isPending}>
                {words.done}
              </Button>
            </Popconfirm>
          </Actions>
        </>
      ) : (
        <Alert type="info" showIcon title={words.notNow} />
      )}
    </>
  );
}
