/** 挂失 and 已找回: what each does, at once, before it is done. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Modal, Radio } from "antd";
import { useState } from "react";

import { keysQuery, reportFound, reportLoss } from "../../api/ordering";
import type { KeyList, KeyView, ReplacementReason } from "../../api/schema";
import { ProblemAlert } from "../../design/ProblemAlert";
import { useTimes } from "../../design/time";
import { keysTexts } from "../../i18n/keys";
import { orderTexts } from "../../i18n/order";
import { ordering } from "../../i18n/ordering";
import { useTexts } from "../../i18n/texts";
import css from "./keys.module.css";
import { type Catalog, usePriceOf } from "./prices";
import { serviceOf } from "./services";

/** What stops a key when it is told; a damaged one is in hand and stops nothing. */
const LOSSES: readonly ReplacementReason[] = ["lost", "stolen"];

interface Props {
  of: KeyView;
  open: boolean;
  onClose: () => void;
  onDone: () => void;
}

/** Puts what became of a key into the list; after a refusal the list is asked for anew, for the key stands otherwise. */
function useKeep() {
  const client = useQueryClient();
  return {
    keep: (view: KeyView) =>
      client.setQueryData<KeyList>(keysQuery.queryKey, (list) =>
        list ? { ...list, keys: list.keys.map((known) => (known.serial === view.serial ? view : known)) } : list,
      ),
    lookAgain: () => void client.invalidateQueries({ queryKey: keysQuery.queryKey }),
  };
}

export function Found({ of: key, open, onClose, onDone }: Props) {
  const { serial } = useTexts(ordering).keys;
  const { found: words } = useTexts(keysTexts);
  const { keep, lookAgain } = useKeep();
  const found = useMutation({
    mutationFn: () => reportFound(key.serial),
    onSuccess: (view) => {
      keep(view);
      onDone();
    },
    onError: lookAgain,
  });
  return (
    <Modal
      open={open}
      title={words.title}
      okText={words.yes}
      cancelText={words.no}
      confirmLoading={found.isPending}
      onOk={() => found.mutate()}
      onCancel={onClose}
      afterClose={found.reset}
    >
      <div className="stack">
        <p>
          <strong>{serial(key.serial)}</strong>
        </p>
        <p>{words.sure}</p>
        <p>
          {key.issued_by ? words.nowElsewhere : words.now} {words.ended}
        </p>
        <p>{words.replacement}</p>
        <p>{words.then}</p>
        <ProblemAlert error={found.error} />
      </div>
    </Modal>
  );
}

export function Report({ of: key, catalog, open, onClose, onDone }: Props & { catalog: Catalog }) {
  const { serial } = useTexts(ordering).keys;
  const { loss: words } = useTexts(keysTexts);
  const { replacementReason } = useTexts(orderTexts);
  const { day } = useTimes();
  const { keep, lookAgain } = useKeep();
  const priceOf = usePriceOf();
  const [reason, setReason] = useState<ReplacementReason>("lost");
  const report = useMutation({
    mutationFn: () => reportLoss(key.serial, reason),
    onSuccess: (view) => {
      keep(view);
      onDone();
    },
    onError: lookAgain,
  });
  const replacement = serviceOf(key, "replacement");
  return (
    <Modal
      open={open}
      title={words.title}
      okText={words.yes}
      cancelText={words.no}
      okButtonProps={{ danger: true }}
      confirmLoading={report.isPending}
      onOk={() => report.mutate()}
      onCancel={onClose}
      afterClose={report.reset}
    >
      <div className="stack">
        <p>
          <strong>{serial(key.serial)}</strong>
        </p>
        <Radio.Group
          aria-label={words.reason}
          value={reason}
          onChange={(event) => setReason(event.target.value as ReplacementReason)}
          options={LOSSES.map((loss) => ({ value: loss, label: replacementReason[loss] }))}
        />
        <div>
          <p>{words.now}</p>
          <ul className={css.effects}>
            {(key.issued_by ? [words.noUse, words.notStopped(key.issued_by)] : words.effects).map((effect) => (
              <li key={effect}>{effect}</li>
            ))}
          </ul>
        </div>
        <p>{words.final}</p>
        {replacement && (
          <p>{replacement.refused ? words.newKey : words.next(priceOf(catalog, "replacement"), day(key.not_after))}</p>
        )}
        <ProblemAlert error={report.error} />
      </div>
    </Modal>
  );
}
