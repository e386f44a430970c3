import { Button, QRCode } from "antd";

import type { AttemptView, PaymentMethod } from "../../api/schema";
import { formatLeft } from "../../design/time";
import { payTexts } from "../../i18n/pay";
import { orderTexts } from "../../i18n/order";
import { useTexts } from "../../i18n/texts";
import css from "./pay.module.css";
import { minutesSaid } from "./phase";

interface Props {
  attempt: AttemptView;
  /** Milliseconds for which it can be scanned. */
  left: number;
  /** Was it scanned? Then the telephone has the word. */
  scanned: boolean;
  /** The other ways to pay. */
  others: readonly PaymentMethod[];
  onOther: (method: PaymentMethod) => void;
}

/** The code, how long it lives, and the way to another one. */
export function Code({ attempt, left, scanned, others, onOther }: Props) {
  const pay = useTexts(payTexts);
  const { method: names } = useTexts(orderTexts);
  const { qr, method } = attempt;
  const minutes = minutesSaid(left);
  return (
    <div className={css.centre} data-testid="code" data-method={method}>
      {qr ? (
        <div role="img" aria-label={pay.qrLabel} className={[css.qr, scanned ? css.scanned : ""].join(" ")}>
          <div aria-hidden="true">
            <QRCode type="svg" value={qr} size={218} bordered={false} color="#000" bgColor="#fff" />
          </div>
        </div>
      ) : (
        <div className={[css.qr, css.waiting].join(" ")} />
      )}
      {left > 0 && (
        <>
          <p className="num" aria-hidden="true">
            {pay.qrLeft(formatLeft(left))}
          </p>
          <p className="visually-hidden" role="status">
            {minutes === 0 ? pay.minuteLeft : pay.minutesLeft(minutes)}
          </p>
        </>
      )}
      {qr &&
        !scanned &&
        (/^https?:\/\//.test(qr) ? (
          <a className="small" href={qr} target="_blank" rel="noopener noreferrer">
            {pay.onThisPhone(pay.app[method])}
          </a>
        ) : (
          <p className={css.phone}>{pay.otherScreen(pay.app[method])}</p>
        ))}
      {others.map((other) => (
        <Button key={other} type="link" onClick={() => onOther(other)}>
          {pay.other(names[other])}
        </Button>
      ))}
    </div>
  );
}
