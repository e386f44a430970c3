import type { ReactNode } from "react";

import type { QueueRow, Subject } from "../../api/schema";
import { Facts } from "../../design/PageFrame";
import { UrgencyTag } from "../../design/StateTag";
import { common } from "../../i18n/common";
import { consoleTexts } from "../../i18n/console";
import { useLocal, useTexts } from "../../i18n/texts";

interface Props {
  row: QueueRow;
  subject: Subject;
  /** What else is known. */
  more?: readonly (readonly [string, ReactNode])[];
}

/** Whom the certificate will name, and what was bought. */
export function SubjectFacts({ row, subject, more = [] }: Props) {
  const texts = useTexts(common);
  const { queue } = useTexts(consoleTexts);
  const local = useLocal();
  return (
    <Facts
      facts={[
        [texts.subject.company, <strong>{subject.company_name}</strong>],
        [texts.subject.creditCode, <strong className="num">{subject.credit_code}</strong>],
        [
          queue.product,
          `${local(row.product.name)} × ${String(row.quantity)}${row.product.seal ? ` · ${texts.withSeal}` : ""}`,
        ],
        [queue.urgency, row.urgency === "none" ? texts.urgency.none : <UrgencyTag urgency={row.urgency} />],
        ...more,
      ]}
    />
  );
}
