import { Radio } from "antd";

import type { PaymentMethod } from "../../api/schema";
import { payTexts } from "../../i18n/pay";
import { orderTexts } from "../../i18n/order";
import { useTexts } from "../../i18n/texts";
import css from "./pay.module.css";

interface Props {
  methods: readonly PaymentMethod[];
  value: PaymentMethod | undefined;
  onChange: (method: PaymentMethod) => void;
}

/** Ways to pay, as cards. */
export function Methods({ methods, value, onChange }: Props) {
  const pay = useTexts(payTexts);
  const { method: names } = useTexts(orderTexts);
  return (
    <Radio.Group
      className={css.methods}
      aria-label={pay.choose}
      value={value}
      onChange={({ target }: { target: { value?: PaymentMethod } }) => target.value && onChange(target.value)}
    >
      {methods.map((method) => (
        <Radio key={method} value={method} className={css.method}>
          <span className={[css.mark, css[method]].join(" ")} aria-hidden="true" />
          <span>
            <strong>{names[method]}</strong>
            <br />
            <span className="small soft">{pay.chooseHint(pay.app[method])}</span>
          </span>
        </Radio>
      ))}
    </Radio.Group>
  );
}
