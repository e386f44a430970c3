import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Popconfirm } from "antd";

import { type At, handedOver, shippingQuery } from "../../api/console";
import { hasCode } from "../../api/errors";
import type { ShippingView } from "../../api/schema";
import { formatPlace } from "../../design/format-place";
import { ParcelEvents } from "../../design/History";
import { Actions, Facts, PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded } from "../../design/Standing";
import { ToneTag, UrgencyTag } from "../../design/StateTag";
import { common } from "../../i18n/common";
import { consoleTexts } from "../../i18n/console";
import { orderTexts } from "../../i18n/order";
import { useLocal, useTexts } from "../../i18n/texts";
import { useAt } from "../shell/at";

/** One parcel: where it goes, its waybill, and the hand-over. */
export function ShippingPage() {
  const at = useAt();
  const { shipping: words, stage } = useTexts(consoleTexts);
  const parcel = useQuery(shippingQuery(at));
  return (
    <PageFrame
      title={`${words.line} ${at.order}`}
      back={{ to: "/console/shipping", label: words.title }}
      beside={
        parcel.data && (
          <ToneTag tone={parcel.data.row.stage === "AwaitDelivery" ? "moving" : "ours"}>
            {stage[parcel.data.row.stage]}
          </ToneTag>
        )
      }
    >
      <Loaded of={parcel}>{(view) => <Parcel at={at} view={view} />}</Loaded>
    </PageFrame>
  );
}

function Parcel({ at, view }: { at: At; view: ShippingView }) {
  const { waybill, delivery: way } = useTexts(orderTexts);
  const { shipping: words, queue } = useTexts(consoleTexts);
  const local = useLocal();
  const { row, address, delivery } = view;
  return (
    <>
      <Panel title={words.address}>
        <Facts
          facts={[
            ...(address
              ? ([
                  [words.name, <strong>{address.name}</strong>],
                  [words.mobile, <strong className="num">{address.mobile}</strong>],
                  [words.place, <strong>{formatPlace(address)}</strong>],
                ] as const)
              : []),
            [words.way, way[delivery.kind]],
            [queue.company, row.company_name],
            [queue.product, `${local(row.product.name)} × ${String(row.quantity)}`],
            ...(row.urgency === "none" ? [] : ([[queue.urgency, <UrgencyTag urgency={row.urgency} />]] as const)),
            [waybill, <strong className="num">{row.waybill ?? "–"}</strong>],
          ]}
        />
        <HandOver at={at} view={view} />
      </Panel>
      <Panel title={words.events}>
        <ParcelEvents events={view.events} empty={words.eventsNone} />
      </Panel>
    </>
  );
}

function HandOver({ at, view }: { at: At; view: ShippingView }) {
  const texts = useTexts(common);
  const { shipping: words } = useTexts(consoleTexts);
  const client = useQueryClient();
  const hand = useMutation({
    mutationFn: () => handedOver(at),
    onSuccess: (next) => client.setQueryData(shippingQuery(at).queryKey, next),
    onError: (error) => {
      if (hasCode(error, "not_in_this_state", "changed_meanwhile")) {
        void client.invalidateQueries({ queryKey: shippingQuery(at).queryKey });
      }
    },
  });
  switch (view.row.stage) {
    case "BookShipment":
      return <Alert type="info" showIcon title={words.booking} />;
    case "AwaitDelivery":
      return <Alert type="success" showIcon title={words.handedOver} role="status" />;
    case "LineCompleted":
      return <Alert type="success" showIcon title={words.delivered} role="status" />;
    case "AwaitCollection":
      return (
        <>
          <p className="soft small">{words.handOverNote}</p>
          <ProblemAlert error={hand.error} />
          <Actions>
            <Popconfirm
              title={words.handOverSure}
              okText={texts.sure}
              cancelText={texts.notSure}
              onConfirm={() => hand.mutate()}
            >
              <Button type="primary" size="large" loading={hand.isPending}>
                {words.handOver}
              </Button>
            </Popconfirm>
          </Actions>
        </>
      );
    case "NotStarted":
    case "AwaitMaterials":
    case "CheckPapers":
    case "AwaitReview":
    case "AwaitProduction":
    case "AwaitUpgrade":
    case "AwaitPickup":
    case "AwaitReceipt":
    case "AwaitAgent":
    case "LineCancelled":
      return null;
  }
}
