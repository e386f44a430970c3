import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Popconfirm } from "antd";
import { type ReactNode, useEffect, useEffectEvent, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";

import { orderQuery, paymentQuery, startPayment } from "../../api/company";
import { hasCode } from "../../api/errors";
import type { PaymentMethod, PaymentView } from "../../api/schema";
import { formatMoney } from "../../design/format-money";
import { Money } from "../../design/Money";
import { PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded } from "../../design/Standing";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { orderTexts } from "../../i18n/order";
import { payTexts } from "../../i18n/pay";
import { useLocal, useTexts } from "../../i18n/texts";
import { Code } from "./Code";
import { Methods } from "./Methods";
import css from "./pay.module.css";
import { pollPause, preselected, shownPhase } from "./phase";

/** How long the success is shown before the page goes on. */
const SUCCESS_MS = 1_500;
/** How long a code may be in the making before it is asked for again: whoever asked first may be gone. */
const MAKING_MS = 4_000;

/** 支付 (R15): choosing how, a QR code, and going on by itself once the money is there. */
export function PayPage() {
  const { order: number = "" } = useParams();
  const pay = useTexts(payTexts);
  const order = useQuery(orderQuery(number));
  return (
    <PageFrame title={pay.title} width="narrow" back={{ to: `/orders/${number}`, label: pay.order }}>
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
              cancelled={view.state === "cancelled"}
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
  /** The order was given up or expired, whatever was paid before. */
  cancelled: boolean;
}

function Payment({ number, what, cancelled }: Props) {
  const texts = useTexts(common);
  const pay = useTexts(payTexts);
  const { method: names } = useTexts(orderTexts);
  const local = useLocal();
  const { time } = useTimes();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<PaymentMethod>();
  const [since, setSince] = useState(Date.now);
  const key = paymentQuery(number).queryKey;
  const start = useMutation({
    mutationFn: (method: PaymentMethod) => startPayment(number, { method }),
    // An answer that is under way would show again what was before.
    onMutate: () => client.cancelQueries({ queryKey: key }),
    onSuccess: (view: PaymentView) => {
      setSince(Date.now());
      client.setQueryData(key, { view, ahead: Date.parse(view.now) - Date.now() });
    },
    onError: () => void client.invalidateQueries({ queryKey: orderQuery(number).queryKey }),
  });
  const payment = useQuery({
    ...paymentQuery(number),
    refetchInterval: ({ state }) => {
      const phase = state.data?.view.phase;
      return cancelled || start.isPending || phase === "paid" || phase === "ended"
        ? false
        : pollPause(Date.now() - since, document.hidden);
    },
    refetchIntervalInBackground: true,
    staleTime: 0,
  });
  const now = useServerNow(payment.data?.ahead ?? 0);
  const view = payment.data?.view;
  const told = view && (cancelled ? "ended" : shownPhase(view, now));
  const phase = start.isPending ? "preparing" : told;
  const method = chosen ?? (view && preselected(view));

  // A single way to pay needs no click, and a code that nobody finishes is asked for again.
  const begin = useEffectEvent(() => {
    const wanted = (told === "preparing" ? view?.attempt?.method : undefined) ?? method;
    if (wanted) {
      start.mutate(wanted);
    }
  });
  const idle = !start.isPending && !start.isError;
  const delay = !idle ? undefined : told === "begin" ? 0 : told === "preparing" ? MAKING_MS : undefined;
  useEffect(() => {
    if (delay !== undefined) {
      const timer = setTimeout(() => begin(), delay);
      return () => clearTimeout(timer);
    }
  }, [delay]);

  // What failed before is over once it goes on; a code made here may be asked for anew.
  const moved = told === "scan" || told === "paying" || told === "confirming" || told === "expired";
  const { reset } = start;
  useEffect(() => {
    if (moved) {
      reset();
    }
  }, [moved, reset]);

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

  return (
    <Loaded of={payment}>
      {({ view }) => {
        const { attempt } = view;
        const refund = attempt?.disposition && attempt.disposition !== "counted" ? attempt.disposition : undefined;
        const older = view.older_code && phase !== "paid" && (
          <Alert type="warning" showIcon title={pay.olderCode} description={pay.olderCodeText} />
        );
        const ask = (wanted: PaymentMethod | undefined) => {
          if (wanted) {
            setChosen(wanted);
            start.mutate(wanted);
          }
        };
        const choice = (label: string, confirm: boolean) => (
          <>
            <Methods methods={view.methods} value={method} onChange={setChosen} />
            <Popconfirm
              disabled={!confirm}
              title={pay.confirm.title}
              description={method && pay.confirm.text(formatMoney(view.amount), names[method])}
              okText={pay.confirm.yes}
              cancelText={texts.notSure}
              onConfirm={() => ask(method)}
              styles={{ root: { maxWidth: 360 } }}
            >
              <Button type="primary" size="large" block onClick={confirm ? undefined : () => ask(method)}>
                {label}
              </Button>
            </Popconfirm>
          </>
        );
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
            {older}
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
            ) : phase === "ended" ? (
              <>
                <Alert type="info" showIcon title={pay.ended} />
                <Link to={`/orders/${number}`}>{pay.toOrder}</Link>
              </>
            ) : (
              <>
                {view.silent && attempt && (
                  <Alert type="info" showIcon role="status" title={pay.silent} description={pay.silentText} />
                )}
                <ProblemAlert
                  error={start.error}
                  {...(!hasCode(start.error, "not_in_this_state") && { onRetry: () => ask(start.variables ?? method) })}
                />
                {hasCode(start.error, "not_in_this_state") && phase === "scan" && (
                  <p className="small">{pay.keepOld}</p>
                )}
                <Said
                  phase={start.error && phase === "preparing" ? undefined : phase}
                  method={start.isPending ? start.variables : attempt?.method}
                />
                {phase === "choose" && (
                  <>
                    <h2>{pay.choose}</h2>
                    {choice(pay.show, view.confirm)}
                  </>
                )}
                {phase === "expired" && (
                  <>
                    <Alert type="warning" showIcon title={pay.expired} description={pay.expiredText} />
                    {choice(pay.again, false)}
                  </>
                )}
                {(phase === "scan" || phase === "paying") && attempt && (
                  <Code
                    attempt={attempt}
                    left={Date.parse(attempt.qr_expires_at) - now}
                    scanned={phase === "paying"}
                    others={view.methods.filter((other) => other !== attempt.method)}
                    onOther={ask}
                  />
                )}
                {(phase === "confirming" || (phase === "preparing" && !start.error)) && (
                  <div className={css.centre}>
                    <div className={[css.qr, css.waiting].join(" ")} />
                  </div>
                )}
                <div className={css.notes}>
                  {phase !== "choose" && phase !== "expired" && <p>{pay.waiting}</p>}
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

/** What is happening, in one place that screen readers follow. */
function Said({ phase, method = "alipay" }: { phase: string | undefined; method?: PaymentMethod | undefined }) {
  const pay = useTexts(payTexts);
  const said: Readonly<Record<string, ReactNode>> = {
    preparing: pay.making,
    scan: <strong>{pay.scan(pay.app[method])}</strong>,
    paying: (
      <>
        <strong>{pay.paying}</strong>
        <br />
        <span className="soft">{pay.payingText}</span>
      </>
    ),
    confirming: (
      <>
        <strong>{pay.confirming}</strong>
        <br />
        <span className="soft">{pay.confirmingText}</span>
      </>
    ),
  };
  return (
    <p role="status" className={css.said}>
      {phase && said[phase]}
    </p>
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
