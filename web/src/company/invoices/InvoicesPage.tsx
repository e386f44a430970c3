import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import type { MouseEvent } from "react";
import { Link, useNavigate, useParams } from "react-router";

import { invoiceQuery, invoicesQuery } from "../../api/invoices";
import type { InvoiceView } from "../../api/schema";
import { Money } from "../../design/Money";
import { PageFrame, Panel } from "../../design/PageFrame";
import { Empty, Loaded } from "../../design/Standing";
import { ToneTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { invoiceTexts } from "../../i18n/invoices";
import { useTexts } from "../../i18n/texts";
import { Invoice, PROGRESS_TONES } from "./Invoice";
import css from "./invoices.module.css";

/** 发票管理 → 发票展示 (R75): every invoice that was issued to the company, the newest first. */
export function InvoicesPage() {
  const texts = useTexts(common);
  const { list: words } = useTexts(invoiceTexts);
  const list = useInfiniteQuery(invoicesQuery);
  return (
    <PageFrame title={words.title} back={{ to: "/orders", label: words.back }}>
      <p className="soft">{words.lead}</p>
      <Panel>
        <Loaded of={list}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.invoices);
            return rows.length === 0 ? (
              <Empty text={words.empty} />
            ) : (
              <ul className={css.list}>
                {rows.map((invoice) => (
                  <Row key={`${invoice.order}-${String(invoice.no)}`} invoice={invoice} />
                ))}
              </ul>
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

function Row({ invoice }: { invoice: InvoiceView }) {
  const texts = useTexts(common);
  const words = useTexts(invoiceTexts);
  const { day } = useTimes();
  const navigate = useNavigate();
  const detail = `/invoices/${invoice.order}/${String(invoice.no)}`;
  const open = ({ target }: MouseEvent) => {
    if (!(target as Element).closest("a")) {
      void navigate(detail);
    }
  };
  // Where fingers point, one tap does what the second click of a mouse does. Keys have the link.
  const tap = (event: MouseEvent) => {
    if (globalThis.matchMedia("(hover: none)").matches) {
      open(event);
    }
  };
  return (
    <li className={css.row} onDoubleClick={open} onClick={tap} title={words.list.opens}>
      <div className={css.what}>
        <strong>
          <Link className="num" to={detail} aria-label={words.list.detail(invoice.number ?? "")}>
            {invoice.number}
          </Link>
        </strong>
        <span className="soft small">
          {texts.invoice[invoice.kind]} · {invoice.title} · {invoice.issued_at && day(invoice.issued_at)}
        </span>
      </div>
      <Money money={invoice.amount} />
      <ToneTag tone={PROGRESS_TONES[invoice.progress]} mark={invoice.progress}>
        {words.progress[invoice.progress]}
      </ToneTag>
    </li>
  );
}

/** One invoice whole. */
export function InvoicePage() {
  const words = useTexts(invoiceTexts);
  const { order = "", invoice = "" } = useParams();
  const one = useQuery(invoiceQuery({ order, no: /^\d{1,4}$/.test(invoice) ? Number(invoice) : 0 }));
  return (
    <PageFrame title={words.detail} back={{ to: "/invoices", label: words.back }}>
      <Panel>
        <Loaded of={one}>{(found) => <Invoice invoice={found} />}</Loaded>
      </Panel>
    </PageFrame>
  );
}
