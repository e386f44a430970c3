import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Modal, Radio } from "antd";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";

import { hasCode } from "../../api/errors";
import { fileQuery } from "../../api/file";
import { changeInvoiceBuyer, FORMATS, invoiceFile, invoicesKey, sendInvoice } from "../../api/invoices";
import type { InvoiceProgress, InvoiceView } from "../../api/schema";
import { CopyText } from "../../design/CopyText";
import { Money } from "../../design/Money";
import { Actions, Facts } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import type { Tone } from "../../design/tokens";
import { common } from "../../i18n/common";
import { invoiceTexts, SPECIAL } from "../../i18n/invoices";
import { useTexts } from "../../i18n/texts";
import css from "./invoices.module.css";

export const PROGRESS_TONES: Record<InvoiceProgress, Tone> = {
  with_service: "ours",
  under_way: "moving",
  delayed: "ours",
  title_wanted: "attention",
  issued: "done",
  reversing: "moving",
  awaiting_buyer: "attention",
  reversed: "over",
};

interface Props {
  invoice: InvoiceView;
  /** Does the page itself say which order it is of? */
  alone?: boolean;
}

/** One invoice: how far it is, its files, and what the company may do about it (R73, R75). */
export function Invoice({ invoice, alone = false }: Props) {
  const texts = useTexts(common);
  const words = useTexts(invoiceTexts);
  const { time } = useTimes();
  const { progress, number } = invoice;
  const says = words.progressText[progress];
  const facts: (readonly [string, ReactNode])[] = [
    ...(number ? [[words.number, <CopyText text={number} label={words.number} />] as const] : []),
    [words.kind, texts.invoice[invoice.kind]],
    [words.buyer, invoice.title],
    ...(alone
      ? []
      : [
          [
            words.order,
            <Link className="num" to={`/orders/${invoice.order}`}>
              {invoice.order}
            </Link>,
          ] as const,
        ]),
    [
      words.items,
      <ul className={css.items}>
        {invoice.items.map((item, place) => (
          <li key={place}>
            {item.name} × {item.quantity} <Money money={item.amount} />
          </li>
        ))}
      </ul>,
    ],
    invoice.issued_at
      ? ([words.issuedAt, time(invoice.issued_at)] as const)
      : ([words.orderedAt, time(invoice.ordered_at)] as const),
    ...(invoice.buyer_until ? [[words.buyerUntil, time(invoice.buyer_until)] as const] : []),
    ...(invoice.reversed_by
      ? [[words.reversedBy, <CopyText text={invoice.reversed_by} label={words.reversedBy} />] as const]
      : []),
    ...(invoice.reversed_at ? [[words.reversedAt, time(invoice.reversed_at)] as const] : []),
  ];
  return (
    <article className={css.invoice} aria-label={`${words.title} ${number ?? ""}`} data-progress={progress}>
      <div className={css.head}>
        <strong className={css.sum}>
          <Money money={invoice.amount} />
        </strong>
        <ToneTag tone={PROGRESS_TONES[progress]} mark={progress}>
          {words.progress[progress]}
        </ToneTag>
      </div>
      {says && <p>{says}</p>}
      {progress === "issued" && invoice.kind.startsWith("paper") && <p className="soft small">{words.onPaper}</p>}
      <Facts facts={facts} />
      <Deeds invoice={invoice} />
    </article>
  );
}

/** Opens a file in a window of its own. The window is opened at once: later a browser takes it for an advertisement. */
async function openFile(invoice: InvoiceView, format: (typeof FORMATS)[number]): Promise<void> {
  const window = globalThis.open("", "_blank");
  try {
    const { url } = await invoiceFile(invoice, format);
    if (window) {
      window.opener = null;
      window.location.href = url;
    } else {
      globalThis.location.assign(url);
    }
  } catch (error) {
    window?.close();
    throw error;
  }
}

function Deeds({ invoice }: { invoice: InvoiceView }) {
  const words = useTexts(invoiceTexts);
  const { time } = useTimes();
  const client = useQueryClient();
  const [isChoosing, setChoosing] = useState(false);
  const renew = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: invoicesKey }),
      client.invalidateQueries({ queryKey: ["orders"] }),
    ]);
  const open = useMutation({ mutationFn: (format: (typeof FORMATS)[number]) => openFile(invoice, format) });
  const send = useMutation({ mutationFn: () => sendInvoice(invoice), onSuccess: renew });
  if (!invoice.has_files && !invoice.can_change_title) {
    return null;
  }
  return (
    <>
      {invoice.mailed_at && <p className="soft small">{words.sent(time(invoice.mailed_at))}</p>}
      <Actions>
        {invoice.has_files &&
          FORMATS.map((format) => (
            <Button
              key={format}
              loading={open.isPending && open.variables === format}
              onClick={() => open.mutate(format)}
            >
              {words.download(format.toUpperCase())}
            </Button>
          ))}
        {invoice.can_send && (
          <Button loading={send.isPending} onClick={() => send.mutate()}>
            {words.send}
          </Button>
        )}
        {invoice.can_change_title && (
          <Button type="primary" onClick={() => setChoosing(true)}>
            {words.changeTitle}
          </Button>
        )}
      </Actions>
      <ProblemAlert error={open.error ?? send.error} />
      {isChoosing && (
        <TitleModal
          invoice={invoice}
          onClose={() => setChoosing(false)}
          onDone={() => {
            setChoosing(false);
            void renew();
          }}
        />
      )}
    </>
  );
}

interface ModalProps {
  invoice: InvoiceView;
  onClose: () => void;
  onDone: () => void;
}

/** Another title of the company's file, or the same one mended. */
function TitleModal({ invoice, onClose, onDone }: ModalProps) {
  const words = useTexts(invoiceTexts);
  const file = useQuery(fileQuery);
  const [chosen, setChosen] = useState<string>();
  const change = useMutation({
    mutationFn: (title: string) => changeInvoiceBuyer(invoice, title),
    onSuccess: onDone,
    onError: (error) => {
      if (hasCode(error, "not_in_this_state", "changed_meanwhile")) {
        onDone();
      }
    },
  });
  const special = SPECIAL.includes(invoice.kind);
  return (
    <Modal
      open
      title={words.choose}
      okText={words.save}
      cancelText={words.cancel}
      okButtonProps={{ disabled: !chosen, loading: change.isPending }}
      onOk={() => chosen && change.mutate(chosen)}
      onCancel={onClose}
    >
      <div className="stack">
        <p className="soft small">
          {words.chooseNote}{" "}
          <Link to="/company" target="_blank">
            {words.toFile}
          </Link>
        </p>
        <Loaded of={file}>
          {({ invoice_titles: all }) => {
            const titles = all.filter(({ kind }) => kind === "special" || !special);
            return titles.length === 0 ? (
              <p>{words.noTitles}</p>
            ) : (
              <Radio.Group
                className={css.titles}
                aria-label={words.choose}
                value={chosen}
                options={titles.map(({ id, title, tax_number }) => ({ value: id, label: `${title} · ${tax_number}` }))}
                onChange={({ target }: { target: { value?: string } }) => setChosen(target.value)}
              />
            );
          }}
        </Loaded>
        <ProblemAlert error={change.error} />
      </div>
    </Modal>
  );
}
