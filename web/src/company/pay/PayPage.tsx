import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, QRCode, Radio } from "antd";
import { useEffect, useEffectEvent, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";

import { catalogQuery, orderQuery, paymentQuery, startPayment } from "../../api/company";
import type { PaymentMethod, PaymentView } from "../../api/schema";
import { Money } from "../../design/Money";
import { PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded } from "../../design/Standing";
import { formatLeft, useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { company } from "../../i18n/company";
import { useLocal, useTexts } from "../../i18n/texts";
import css from "./pay.module.css";
import { paymentPhase } from "./phase";

const POLL_MS = 2_000;
/** How long the success is shown before the page goes on. */
const SUCCESS_MS = 1_500;

/** 支付 (R15): a QR code, and going on by itself once the money is there. */
export function PayPage() {
  const { order: number = "" } = useParams();
  const { pay, order: orderWords } = useTexts(company);
  const order = useQuery(orderQuery(number));
  return (
    <PageFrame title={pay.title} width="narrow" back={{ to: `/orders/${number}`, label: orderWords.title }}>
      <Loaded of={order}>
        {(view) =>
          view.state === "draft" ? (
            <Panel>
              <Alert type="info" showIcon title={pay.notSubmitted} />
              <Link to={`/orders/${number}`}>{pay.toOrder}</Link>
            </Panel>
          ) : (
            <Payment
              number={number}
              what={view.lines.map((line) => ({ name: line.product.name, quantity: line.price.quantity }))}
              ended={view.state === "cancelled"}
            />
          )
        }
      </Loaded>
    </PageFrame>
  );
}

interface Props {
  number: string;
  what: readonly { name: { zh: string; en: string }; quantity: number }[];
  /** The order was given up or expired. */
  ended: boolean;
}

function Payment({ number, what, ended }: Props) {
  const texts = useTexts(common);
  const { pay } = useTexts(company);
  const local = useLocal();
  const { time } = useTimes();
  const client = useQueryClient();
  const navigate = useNavigate();
  const catalog = useQuery(catalogQuery);
  const [chosen, setChosen] = useState<PaymentMethod>();
  const payment = useQuery({
    ...paymentQuery(number),
    refetchInterval: ({ state }) => (ended || state.data?.view.paid ? false : POLL_MS),
    staleTime: 0,
  });
  const now = useServerNow(payment.data?.ahead ?? 0);
  const start = useMutation({
    mutationFn: (method: PaymentMethod) => startPayment(number, { method }),
    onSuccess: (view: PaymentView) =>
      client.setQueryData(paymentQuery(number).queryKey, { view, ahead: Date.parse(view.now) - Date.now() }),
    onError: () => void client.invalidateQueries({ queryKey: orderQuery(number).queryKey }),
  });
  const method = chosen ?? payment.data?.view.attempt?.method ?? catalog.data?.payment_methods[0];
  const phase = payment.data ? paymentPhase(payment.data.view, now, ended) : undefined;

  // The first QR code needs no click.
  const begin = useEffectEvent(() => {
    if (method && start.isIdle) {
      start.mutate(method);
    }
  });
  const wanted = phase === "none" && method !== undefined;
  useEffect(() => {
    if (wanted) {
      begin();
    }
  }, [wanted]);

  const goOn = () => {
    void client.invalidateQueries({ queryKey: ["orders"] });
    void navigate(`/orders/${number}`, { replace: true });
  };
  const goOnAlone = useEffectEvent(goOn);
  useEffect(() => {
    if (phase === "paid") {
      const timer = setTimeout(() => goOnAlone(), SUCCESS_MS);
      return () => clearTimeout(timer);
    }
  }, [phase]);

  // Past the end, the order itself says whether it is over.
  const over = phase === "over" && !ended;
  useEffect(() => {
    if (over) {
      const timer = setInterval(() => void client.invalidateQueries({ queryKey: orderQuery(number).queryKey }), 5_000);
      return () => clearInterval(timer);
    }
  }, [over, client, number]);

  return (
    <Loaded of={payment}>
      {({ view }) => {
        const { attempt } = view;
        const methodName = pay.methods[attempt?.method ?? method ?? "alipay"];
        const refund = attempt?.disposition && attempt.disposition !== "counted" ? attempt.disposition : undefined;
        return (
          <Panel className={css.pay}>
            <div className={css.sum}>
              <span className="soft">{pay.amount}</span>
              <strong>
                <Money money={view.amount} />
              </strong>
              <span className="small soft">
                {what.map(({ name, quantity }) => `${local(name)} × ${String(quantity)}`).join(texts.list)}
                <br />
                <span className="num">
                  {texts.orderNumber} {number}
                </span>
              </span>
            </div>
            {refund && <Alert type="warning" showIcon title={pay.refund[refund]} />}
            {phase === "paid" ? (
              <div className={css.centre} role="status">
                <div className={css.tick} aria-hidden="true">
                  ✓
                </div>
                <h2>{pay.paid}</h2>
                <p className="soft">{pay.paidText}</p>
                <Button type="primary" onClick={goOn}>
                  {pay.toOrder}
                </Button>
              </div>
            ) : ended ? (
              <>
                <Alert type="info" showIcon title={pay.ended} />
                <Link to={`/orders/${number}`}>{pay.toOrder}</Link>
              </>
            ) : (
              <>
                {(catalog.data?.payment_methods.length ?? 0) > 1 && (
                  <Radio.Group
                    aria-label={pay.method}
                    optionType="button"
                    value={method}
                    options={catalog.data?.payment_methods.map((value) => ({ value, label: pay.methods[value] }))}
                    onChange={({ target }: { target: { value?: PaymentMethod } }) => {
                      setChosen(target.value);
                      if (target.value) {
                        start.mutate(target.value);
                      }
                    }}
                  />
                )}
                <ProblemAlert error={start.error} onRetry={() => method && start.mutate(method)} />
                {phase === "scan" && attempt?.qr ? (
                  <div className={css.centre}>
                    <p>{pay.scan(methodName)}</p>
                    <div role="img" aria-label={pay.qrLabel} className={css.qr}>
                      <div aria-hidden="true">
                        <QRCode type="svg" value={attempt.qr} size={220} bordered={false} color="#000" bgColor="#fff" />
                      </div>
                    </div>
                    <p className="num">{pay.qrLeft(formatLeft(Date.parse(attempt.qr_expires_at) - now))}</p>
                    {/^https?:\/\//.test(attempt.qr) && (
                      <a className="small" href={attempt.qr} target="_blank" rel="noopener noreferrer">
                        {pay.onThisPhone(methodName)}
                      </a>
                    )}
                  </div>
                ) : phase === "expired" ? (
                  <div className={css.centre}>
                    <Alert type="warning" showIcon title={pay.expired} description={pay.expiredText} />
                    <Button
                      type="primary"
                      size="large"
                      loading={start.isPending}
                      onClick={() => method && start.mutate(method)}
                    >
                      {pay.again}
                    </Button>
                  </div>
                ) : (
                  !start.error && (
                    <div className={css.centre} role="status">
                      <div className={[css.qr, css.waiting].join(" ")} />
                      <p className="soft">{phase === "over" ? pay.waitingElsewhere : pay.making}</p>
                    </div>
                  )
                )}
                <div className={css.notes}>
                  <p>{pay.waiting}</p>
                  {view.pay_by && <p>{pay.payBy(time(view.pay_by))}</p>}
                </div>
              </>
            )}
          </Panel>
        );
      }}
    </Loaded>
  );
}

/** The server's time, each second. */
function useServerNow(ahead: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now + ahead;
}
