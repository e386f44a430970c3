import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Popconfirm, Radio } from "antd";
import { type ReactNode, useState } from "react";
import { Link, useSearchParams } from "react-router";

import { hasCode } from "../../api/errors";
import { invoiceDeskKey, invoiceQueueQuery, releaseInvoice, retryInvoice } from "../../api/invoices";
import type { InvoiceKind, InvoiceQueue, InvoiceRow, InvoiceState } from "../../api/schema";
import { CopyText } from "../../design/CopyText";
import { Money } from "../../design/Money";
import { Actions, PageFrame, Panel } from "../../design/PageFrame";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Empty, Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import type { Tone } from "../../design/tokens";
import { common } from "../../i18n/common";
import { invoiceTexts } from "../../i18n/invoices";
import { useTexts } from "../../i18n/texts";
import css from "../finance/finance.module.css";
import { useStaff } from "../shell/ConsoleShell";

const QUEUES: readonly InvoiceQueue[] = ["held", "needs_you", "under_way", "awaiting_buyer"];

const STATE_TONES: Record<InvoiceState, Tone> = {
  held: "attention",
  asking: "ours",
  waiting: "moving",
  abnormal: "attention",
  issued: "done",
  awaiting_buyer: "moving",
  reversed: "over",
  void: "over",
};

/** 发票: those that customer service decides about (R74), those that need finance, those that wait. */
export function InvoicesPage() {
  const texts = useTexts(common);
  const { desk: words } = useTexts(invoiceTexts);
  const staff = useStaff();
  const [search, setSearch] = useSearchParams();
  const first = staff.roles.includes("finance") ? "needs_you" : "held";
  const queue = QUEUES.find((known) => known === search.get("queue")) ?? first;
  const list = useInfiniteQuery(invoiceQueueQuery(queue));
  const [notice, setNotice] = useState<string>();
  return (
    <PageFrame
      title={words.title}
      width="wide"
      beside={
        <Radio.Group
          aria-label={words.title}
          optionType="button"
          value={queue}
          options={QUEUES.map((value) => ({ value, label: words.queues[value] }))}
          onChange={({ target }: { target: { value?: InvoiceQueue } }) => {
            setNotice(undefined);
            setSearch(target.value ? { queue: target.value } : {});
          }}
        />
      }
    >
      <p className="soft">{words.lead}</p>
      {notice && <Alert type="success" showIcon title={notice} role="status" />}
      <Panel>
        <Loaded of={list}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.invoices);
            return rows.length === 0 ? (
              <Empty text={words.empty[queue]} />
            ) : (
              <div>
                {rows.map((invoice) => (
                  <Card
                    key={invoice.serial}
                    invoice={invoice}
                    mayRetry={staff.roles.includes("finance")}
                    onNotice={setNotice}
                  />
                ))}
              </div>
            );
          }}
        </Loaded>
        {list.hasNextPage && (
          <div>
            <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              {texts.loadMore}
            </Button>
          </div>
        )}
      </Panel>
    </PageFrame>
  );
}

interface Props {
  invoice: InvoiceRow;
  mayRetry: boolean;
  onNotice: (notice: string) => void;
}

/** One invoice: to whom, where it stands, what hinders it and what to do about that. */
function Card({ invoice, mayRetry, onNotice }: Props) {
  const texts = useTexts(common);
  const all = useTexts(invoiceTexts);
  const { desk: words } = all;
  const { time } = useTimes();
  const { buyer, trouble, state, ask_at } = invoice;
  const facts: (readonly [string, ReactNode])[] = [
    [words.company, invoice.company_name],
    [
      all.order,
      <Link className="num" to={`/console/orders/${invoice.order}`}>
        {invoice.order}
      </Link>,
    ],
    [all.kind, texts.invoice[invoice.kind]],
    [all.orderedAt, time(invoice.ordered_at)],
    ...(buyer
      ? ([
          [all.buyer, buyer.title],
          [words.taxNumber, <CopyText text={buyer.tax_number} label={words.taxNumber} />],
        ] as const)
      : []),
    ...(buyer?.bank_account
      ? ([
          [words.address, `${buyer.address} ${buyer.phone}`],
          [words.bank, `${buyer.bank} ${buyer.bank_account}`],
        ] as const)
      : []),
    ...(invoice.number ? ([[all.number, <CopyText text={invoice.number} label={all.number} />]] as const) : []),
    ...(invoice.buyer_until ? ([[all.buyerUntil, time(invoice.buyer_until)]] as const) : []),
  ];
  return (
    <article className={css.item} aria-label={`${words.serial} ${invoice.serial}`} data-invoice={invoice.serial}>
      <div className={css.head}>
        <CopyText text={invoice.serial} label={words.serial} />
        <ToneTag tone={STATE_TONES[state]} mark={state}>
          {words.state[state]}
        </ToneTag>
        <span>{words.task[invoice.task]}</span>
        <strong className={css.sum}>
          <Money money={invoice.amount} />
        </strong>
      </div>
      <dl className={css.about}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {trouble && (
        <div className={css.trouble} data-stuck={state === "abnormal"}>
          <strong>{words.trouble[trouble.hindrance]}</strong>
          <p>{words.todo[trouble.hindrance]}</p>
          <p className="soft small">
            {words.since(time(trouble.since))}
            {trouble.code && (
              <>
                {" · "}
                <span className="mono">{words.code(trouble.code)}</span>
              </>
            )}
          </p>
        </div>
      )}
      {ask_at && (
        <p className="soft small">
          {words.asked(invoice.round)} · {words.askAt(time(ask_at))}
        </p>
      )}
      <Deeds invoice={invoice} mayRetry={mayRetry} onNotice={onNotice} />
    </article>
  );
}

function Deeds({ invoice, mayRetry, onNotice }: Props) {
  const texts = useTexts(common);
  const { desk: words } = useTexts(invoiceTexts);
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: invoiceDeskKey });
  const outcome = (said: string) => ({
    onSuccess: () => {
      onNotice(said);
      return renew();
    },
    onError: (error: Error) => {
      if (hasCode(error, "not_in_this_state", "changed_meanwhile", "not_found")) {
        void renew();
      }
    },
  });
  const retry = useMutation({ mutationFn: () => retryInvoice(invoice), ...outcome(words.retried(invoice.serial)) });
  const release = useMutation({
    mutationFn: (kind: InvoiceKind) => releaseInvoice(invoice, kind),
    ...outcome(words.released(invoice.serial)),
  });
  const retries = mayRetry && invoice.can_retry;
  if (!retries && invoice.can_become.length === 0) {
    return null;
  }
  return (
    <>
      <Actions>
        {invoice.can_become.map((kind, place) => (
          <Popconfirm
            key={kind}
            title={words.releaseSure(texts.invoice[kind])}
            okText={texts.sure}
            cancelText={texts.notSure}
            onConfirm={() => release.mutate(kind)}
          >
            <Button
              type={place === 0 ? "primary" : "default"}
              loading={release.isPending && release.variables === kind}
              aria-label={`${words.release(texts.invoice[kind])}: ${invoice.serial}`}
            >
              {words.release(texts.invoice[kind])}
            </Button>
          </Popconfirm>
        ))}
        {retries && (
          <Button
            loading={retry.isPending}
            onClick={() => retry.mutate()}
            aria-label={`${words.retry}: ${invoice.serial}`}
          >
            {words.retry}
          </Button>
        )}
      </Actions>
      <ProblemAlert error={retry.error ?? release.error} />
    </>
  );
}
