import { Alert, Modal } from "antd";

import type { ProductRequest } from "../../api/schema";
import { ProblemAlert } from "../../design/ProblemAlert";
import { useTimes } from "../../design/time";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useTexts } from "../../i18n/texts";
import { Differences } from "./Differences";
import type { Difference } from "./words";

interface Props {
  differences: readonly Difference[];
  request: ProductRequest;
  /** Does it take effect later? */
  later: boolean;
  /** The next planned change behind it. */
  next: string | undefined;
  error: unknown;
  busy: boolean;
  onSave: () => void;
  onBack: () => void;
}

/** Before it is saved: what changes, from when, and for whom. */
export function CheckModal({ differences, request, later, next, error, busy, onSave, onBack }: Props) {
  const { catalog: words } = useTexts(ordersDeskTexts);
  const { time } = useTimes();
  const isSame = differences.length === 0;
  return (
    <Modal
      open
      width={680}
      title={words.checkTitle}
      okText={words.save}
      cancelText={words.back}
      okButtonProps={{ loading: busy, disabled: isSame }}
      onOk={onSave}
      onCancel={onBack}
    >
      <div className="stack">
        {isSame ? (
          <Alert type="info" showIcon title={words.unchanged} />
        ) : (
          <>
            <p>
              <strong>{later ? words.startsAt(time(request.effective_from)) : words.startsNow}</strong>
            </p>
            <Differences differences={differences} />
            <p>{words.ordersKeep}</p>
          </>
        )}
        {next && <Alert type="warning" showIcon title={words.laterChange(time(next))} />}
        <ProblemAlert error={error} />
      </div>
    </Modal>
  );
}
