import { Button } from "antd";
import { useState } from "react";

import { agreeExit, withdrawExit } from "../../api/orders-desk";
import type { ExitView } from "../../api/schema";
import { isZero } from "../../design/format-money";
import { Money } from "../../design/Money";
import { Actions, Panel } from "../../design/PageFrame";
import { useTimes } from "../../design/time";
import { orderTexts } from "../../i18n/order";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useLocal, useTexts } from "../../i18n/texts";
import { useStaff } from "../shell/ConsoleShell";
import { DeedModal } from "./DeedModal";
import css from "./orders.module.css";

interface Props {
  order: string;
  onNotice: (notice: string) => void;
}

/** Ways out of lines that one of the staff asked for: another one has to agree. */
export function Waiting({ exits, ...props }: Props & { exits: readonly ExitView[] }) {
  const { orders: words } = useTexts(ordersDeskTexts);
  return (
    <Panel title={words.waiting} className={css.waiting}>
      <div>
        {exits.map((exit) => (
          <Exit key={exit.line} exit={exit} {...props} />
        ))}
      </div>
    </Panel>
  );
}

function Exit({ order, exit, onNotice }: Props & { exit: ExitView }) {
  const { line: lineName } = useTexts(orderTexts);
  const { orders: words } = useTexts(ordersDeskTexts);
  const { time } = useTimes();
  const local = useLocal();
  const staff = useStaff();
  const [doing, setDoing] = useState<"agree" | "withdraw">();
  const { line, way, refund, mine } = exit;
  const at = { order, line };
  const close = () => setDoing(undefined);
  const product = way.way === "convert" ? local(way.product.name) : "";
  const what = way.way === "convert" ? words.way.convert(product) : words.way.refund;
  const done = (said: string) => () => {
    close();
    onNotice(said);
  };
  // Whoever may ask may agree and take back; the one who asked may never agree.
  const isOurs = staff.roles.some((role) => role === "support" || role === "finance");
  return (
    <article className={css.item} aria-label={`${lineName(line)}: ${what}`}>
      <p>
        {lineName(line)} · <strong>{what}</strong>
      </p>
      <p>
        {isZero(refund) ? (
          words.backNone
        ) : (
          <>
            {words.back}{" "}
            <strong>
              <Money money={refund} />
            </strong>
          </>
        )}
      </p>
      <p>{words.reasonIs(exit.reason)}</p>
      <p className="soft small">{words.asked(mine ? words.you : exit.by_name, time(exit.at))}</p>
      {mine ? <p>{words.mine}</p> : !isOurs && <p>{words.others}</p>}
      {isOurs && (
        <Actions>
          {!mine && (
            <Button type="primary" aria-label={words.ofLine(words.agree, line)} onClick={() => setDoing("agree")}>
              {words.agree}
            </Button>
          )}
          <Button aria-label={words.ofLine(words.withdraw, line)} onClick={() => setDoing("withdraw")}>
            {words.withdraw}
          </Button>
        </Actions>
      )}
      {doing === "agree" && (
        <DeedModal
          order={order}
          title={words.ofLine(words.agreeing.title, line)}
          will={[
            way.way === "convert" ? words.agreeing.convert(product) : words.agreeing.refund,
            ...(isZero(refund) ? [words.agreeing.noMoney] : []),
            words.agreeing.final,
          ]}
          sums={isZero(refund) ? [] : [[words.agreeing.money, refund]]}
          okText={words.agreeing.submit}
          danger={way.way === "refund"}
          onDo={() => agreeExit(at)}
          onDone={done(words.agreed(line))}
          onClose={close}
        />
      )}
      {doing === "withdraw" && (
        <DeedModal
          order={order}
          title={words.ofLine(words.withdrawing.title, line)}
          will={[words.withdrawing.stays]}
          okText={words.withdrawing.submit}
          onDo={() => withdrawExit(at)}
          onDone={done(words.withdrawn(line))}
          onClose={close}
        />
      )}
    </article>
  );
}
