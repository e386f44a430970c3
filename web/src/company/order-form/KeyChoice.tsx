import { Button, Radio } from "antd";
import { Link } from "react-router";

import type { KeyView, ProductKind } from "../../api/schema";
import { useTimes } from "../../design/time";
import { agentTexts } from "../../i18n/agent";
import { common } from "../../i18n/common";
import { orderTexts } from "../../i18n/order";
import { ordering } from "../../i18n/ordering";
import { useTexts } from "../../i18n/texts";
import { needsInspection, serviceOf, useWhyNot } from "../keys/services";
import css from "./order-form.module.css";

interface Props {
  kind: ProductKind;
  storefront: string;
  keys: readonly KeyView[];
  /** Has the time left on a key read, which an upgrade waits for. */
  inspect: (key: KeyView) => void;
  /** Given by the field of the form. */
  id?: string;
  value?: string;
  onChange?: (serial: string) => void;
}

/** Why a key cannot be chosen for a kind of product here; undefined when it can. */
export function useRefusal(kind: ProductKind, storefront: string): (key: KeyView) => string | undefined {
  const { form, keys } = useTexts(ordering);
  const names = useTexts(orderTexts).storefront;
  const whyNot = useWhyNot();
  return (key) => {
    if (key.storefront !== storefront) {
      return form.key.elsewhere(names[key.storefront] ?? key.storefront);
    }
    const service = serviceOf(key, kind);
    return service ? whyNot(key, service) : keys.noServices;
  };
}

/** The keys that a line can be about, and the others with the reason why not. */
export function KeyChoice({ kind, storefront, keys, inspect, id, value, onChange }: Props) {
  const texts = useTexts(common);
  const { verb } = useTexts(agentTexts);
  const { form: words, keys: keyWords } = useTexts(ordering);
  const { day } = useTimes();
  const refusal = useRefusal(kind, storefront);
  const judged = keys.map((key) => ({ key, why: refusal(key) }));
  const open = judged.filter(({ why }) => why === undefined);
  const others = judged.filter(({ why }) => why !== undefined);
  const end = (key: KeyView) =>
    key.state === "expired" ? words.key.ended(day(key.not_after)) : words.key.until(day(key.not_after));
  return (
    <div className={css.keys} id={id} tabIndex={-1}>
      {open.length === 0 ? (
        <p>{words.key.none}</p>
      ) : (
        <Radio.Group
          className={css.choices}
          aria-label={words.key.label[kind]}
          value={value}
          onChange={(event) => onChange?.(event.target.value as string)}
        >
          {open.map(({ key }) => (
            <Radio key={key.serial} value={key.serial} className={css.choice}>
              <span className={css.choiceHead}>
                <strong className="num">{key.serial}</strong>
                <span className="soft">{texts.medium[key.medium]}</span>
              </span>
              <span className="soft small">
                {end(key)}
                {key.state === "suspended" && ` · ${keyWords.state.suspended}`}
              </span>
            </Radio>
          ))}
        </Radio.Group>
      )}
      {others.length > 0 && (
        <div className="small">
          <p className="soft">{words.key.others}</p>
          <ul className={css.refusedKeys}>
            {others.map(({ key, why }) => (
              <li key={key.serial}>
                <span className="num">{key.serial}</span> <span className="soft">({end(key)})</span>
                <br />
                {why}
                {kind === "upgrade" && key.storefront === storefront && needsInspection(key) && (
                  <div className={css.inspect}>
                    <Button aria-label={`${verb.inspect} ${key.serial}`} onClick={() => inspect(key)}>
                      {verb.inspect}
                    </Button>
                  </div>
                )}
              </li>
            ))}
          </ul>
        </div>
      )}
      <Link className="small" to="/keys">
        {words.key.all}
      </Link>
    </div>
  );
}
