import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Modal, Popconfirm } from "antd";
import { type ReactNode, useState } from "react";
import { useNavigate } from "react-router";

import { cancelOrder, confirmReceipt, orderQuery, submitOrder, withdrawOrder } from "../../api/company";
import type { OrderView } from "../../api/schema";
import { formatMoney } from "../../design/format-money";
import { Refusals } from "../../design/History";
import { Actions } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { orderPage } from "../../i18n/order-page";
import { useLocal, useTexts } from "../../i18n/texts";
import { storefrontOf } from "../storefronts";
import { nextWords } from "./next";
import css from "./order.module.css";
import { needsPapers, papersDeed } from "./steps";

interface Props {
  order: OrderView;
  branch: string | undefined;
  /** What is to be done first, when that is done beside this page. */
  children?: ReactNode;
}

/** What comes next, and what the company can do about it. */
export function Next({ order, branch, children }: Props) {
  const texts = useTexts(common);
  const words = useTexts(orderPage);
  const { time } = useTimes();
  const client = useQueryClient();
  const navigate = useNavigate();
  const take = (view: OrderView) => {
    client.setQueryData(orderQuery(order.id).queryKey, view);
    void client.invalidateQueries({ queryKey: ["orders"] });
  };
  const lookAgain = () => void client.invalidateQueries({ queryKey: orderQuery(order.id).queryKey });
  const submit = useMutation({
    mutationFn: () => submitOrder(order.id),
    onSuccess: (view) => {
      take(view);
      void navigate(`/orders/${order.id}/pay`);
    },
    onError: lookAgain,
  });
  const withdraw = useMutation({ mutationFn: () => withdrawOrder(order.id), onSuccess: take, onError: lookAgain });
  const cancel = useMutation({ mutationFn: () => cancelOrder(order.id), onSuccess: take, onError: lookAgain });
  const received = useMutation({
    mutationFn: (no: number) => confirmReceipt(order.id, no),
    onSuccess: take,
    onError: lookAgain,
  });
  // Who has the keys knows it before the courier says so.
  const arrived = order.lines.find(
    (one) => one.display === "awaiting_receipt" || (one.display === "shipped" && one.plan.receipt_days),
  );
  const [isAsking, setAsking] = useState(false);
  const { state, display } = order;
  const line = order.lines.find((one) => one.display === display);
  const lacking = order.lines.find(needsPapers);
  const withPapers = order.lines.find((one) => one.plan.materials === "before_submit");
  const materials = (no = 1) => `/orders/${order.id}/lines/${String(no)}/materials`;
  const primary = (label: string, to: string) => (
    <Button type="primary" size="large" onClick={() => void navigate(to)}>
      {label}
    </Button>
  );
  const other = (label: string, to: string) => (
    <Button size="large" onClick={() => void navigate(to)}>
      {label}
    </Button>
  );
  return (
    <div className={css.next}>
      <Returned order={order} />
      <div>
        <h2>{words.next}</h2>
        <p>{nextWords(order, words, branch)}</p>
        {arrived?.receive_by && <p className="soft">{words.receipt.by(time(arrived.receive_by))}</p>}
        {state === "awaiting_payment" && order.pay_by && <p className="soft">{words.payBy(time(order.pay_by))}</p>}
      </div>
      <ProblemAlert error={submit.error ?? withdraw.error ?? cancel.error ?? received.error} />
      <Actions>
        {children}
        {state === "draft" && (
          <>
            {lacking ? (
              primary(words[papersDeed(lacking)], materials(lacking.no))
            ) : (
              <Popconfirm
                title={words.submitSure.title}
                description={words.submitSure.text}
                okText={words.submitSure.yes}
                cancelText={texts.notSure}
                onConfirm={() => submit.mutate()}
                styles={{ root: { maxWidth: 360 } }}
              >
                <Button type="primary" size="large" loading={submit.isPending}>
                  {words.submit}
                </Button>
              </Popconfirm>
            )}
            {!lacking && withPapers && other(words.replace, materials(withPapers.no))}
            {other(words.change, `${storefrontOf(order.storefront).form}?order=${order.id}`)}
          </>
        )}
        {state === "awaiting_payment" && primary(words.pay, `/orders/${order.id}/pay`)}
        {display === "awaiting_materials" && primary(words.upload, materials(line?.no))}
        {arrived && (
          <Popconfirm
            title={words.receipt.sure.title}
            description={words.receipt.sure.text}
            okText={words.receipt.sure.yes}
            cancelText={texts.notSure}
            onConfirm={() => received.mutate(arrived.no)}
            styles={{ root: { maxWidth: 360 } }}
          >
            <Button
              type={display === "awaiting_receipt" ? "primary" : "default"}
              size="large"
              loading={received.isPending}
            >
              {words.receipt.confirm}
            </Button>
          </Popconfirm>
        )}
        {display === "changes_requested" && primary(words.replace, materials(line?.no))}
        {order.can_withdraw && (
          <Popconfirm
            title={words.withdrawSure.title}
            description={words.withdrawSure.text}
            okText={words.withdrawSure.yes}
            cancelText={texts.notSure}
            onConfirm={() => withdraw.mutate()}
            styles={{ root: { maxWidth: 360 } }}
          >
            <Button size="large" loading={withdraw.isPending}>
              {words.withdraw}
            </Button>
          </Popconfirm>
        )}
        {order.can_cancel &&
          (state === "paid" ? (
            <Button type="text" size="large" loading={cancel.isPending} onClick={() => setAsking(true)}>
              {words.cancel}
            </Button>
          ) : (
            <Popconfirm
              title={words.cancelSure}
              okText={words.cancelYes}
              cancelText={words.cancelNo}
              okButtonProps={{ danger: true }}
              onConfirm={() => cancel.mutate()}
            >
              <Button type="text" size="large" loading={cancel.isPending}>
                {words.cancel}
              </Button>
            </Popconfirm>
          ))}
      </Actions>
      <Modal
        open={isAsking && order.can_cancel && state === "paid"}
        title={words.cancelPaid.title}
        okText={words.cancelPaid.yes}
        cancelText={words.cancelNo}
        okButtonProps={{ danger: true }}
        onOk={() => {
          setAsking(false);
          cancel.mutate();
        }}
        onCancel={() => setAsking(false)}
      >
        <div className="stack">
          <p>
            <strong>
              {order.refunds.some(({ reason }) => reason === "line_ended" || reason === "promise_missed")
                ? words.cancelPaid.rest
                : words.cancelPaid.sum(formatMoney(order.total))}
            </strong>{" "}
            {words.cancelPaid.when}
          </p>
          <p>{words.cancelPaid.papers}</p>
        </div>
      </Modal>
    </div>
  );
}

/**
 * An order that came back after a rejection (R72): which papers and why, what becomes of the money, and how to go on.
 * Nothing for all others.
 */
function Returned({ order }: { order: OrderView }) {
  const { returned: words } = useTexts(orderPage);
  const local = useLocal();
  const { day } = useTimes();
  const refund = order.refunds.filter(({ reason }) => reason === "rejected").at(-1);
  if (!refund || (order.state !== "draft" && order.state !== "awaiting_payment")) {
    return null;
  }
  const money = (
    <p>
      <strong>{words.money(formatMoney(refund.amount))}</strong>{" "}
      {words.when[refund.progress](day(refund.done_at ?? refund.expected_by))}
    </p>
  );
  if (order.state === "awaiting_payment") {
    return <Alert type="info" showIcon title={words.payAgain} />;
  }
  const refused = order.lines.filter(({ refusals }) => refusals.length > 0);
  return (
    <Alert
      type="warning"
      showIcon
      title={words.title}
      description={
        <div className={css.returned}>
          {refused.length > 0 && (
            <div>
              <p>{words.why}</p>
              {refused.map((line) => (
                <div key={line.no}>
                  {order.lines.length > 1 && <p>{local(line.product.name)}</p>}
                  <Refusals refusals={line.refusals} />
                </div>
              ))}
            </div>
          )}
          {money}
          {refused.length > 0 ? (
            <div>
              <p>{words.how}</p>
              <ol>
                {words.steps.map((step) => (
                  <li key={step}>{step}</li>
                ))}
              </ol>
            </div>
          ) : (
            <p>{words.mended}</p>
          )}
        </div>
      }
    />
  );
}
