import { Button } from "antd";

import { orderPage } from "../../../i18n/order-page";
import { useTexts } from "../../../i18n/texts";
import type { Service, ServiceLine } from "./use-service";

/** 去续期 or 去解锁: the one thing to do for a line that waits for its key. */
export function Begin({ line, service }: { line: ServiceLine; service: Service }) {
  const { go, goOf } = useTexts(orderPage);
  const label = line.product.kind === "unlock" ? go.unlock : go.renewal;
  return (
    <Button
      type="primary"
      size="large"
      data-service={line.no}
      aria-label={goOf(label, line.key.serial)}
      loading={service.agent.isOffering}
      onClick={() => service.begin(line)}
    >
      {label}
    </Button>
  );
}
