import { Link } from "react-router";

import type { CatalogView, LineView, OrderView, SessionView } from "../../api/schema";
import { Money } from "../../design/Money";
import { Facts, Panel } from "../../design/PageFrame";
import { Recipient } from "../../design/Recipient";
import { ToneTag } from "../../design/StateTag";
import { common } from "../../i18n/common";
import { orderTexts } from "../../i18n/order";
import { ordering } from "../../i18n/ordering";
import { invoiceTexts } from "../../i18n/invoices";
import { useLocal, useTexts } from "../../i18n/texts";
import type { Storefront } from "../storefronts";
import { addressOf, type Fields, namesKey, productOf, speeds } from "./list";
import css from "./order-form.module.css";
import type { Prices } from "./prices";
import type { Book } from "./Receive";
import { Reckoning } from "../credit/Reckoning";

interface Props {
  place: Storefront;
  catalog: CatalogView;
  session: SessionView;
  fields: Fields;
  prices: Prices;
  book: Book;
  /** The draft as the server has it. */
  draft: OrderView | undefined;
}

/** Is something still to be uploaded for a draft before it can be submitted? */
export function waitsForPapers(order: OrderView): LineView | undefined {
  return order.lines.find((line) => line.plan.materials === "before_submit" && !line.papers_complete);
}

/** The second look at everything before it is submitted (R67). */
export function Check({ place, catalog, session, fields, prices, book, draft }: Props) {
  const texts = useTexts(common);
  const { form: words } = useTexts(ordering);
  const { form: invoice } = useTexts(invoiceTexts);
  const { delivery, replacementReason } = useTexts(orderTexts);
  const local = useLocal();
  const kind = catalog.delivery_kinds.find((known) => known === fields.receive);
  const branch = catalog.branches.find(({ id }) => id === fields.branch);
  return (
    <>
      <Panel title={words.lines[place.words]}>
        <ul className={css.lines}>
          {fields.lines.map((line, n) => {
            const product = productOf(catalog, line);
            const price = prices.lines.get(n);
            const about = [
              ...(product && namesKey(product.kind) ? [words.forKey(line.key_serial)] : []),
              ...(product?.kind === "replacement" && line.reason !== ""
                ? [words.reasonIs(replacementReason[line.reason])]
                : []),
              ...(product && !namesKey(product.kind) ? [texts.keys(line.quantity ?? 0)] : []),
              ...(product?.seal_price ? [words.sealCount(line.seals ?? 0)] : []),
            ];
            return (
              <li key={line.uid}>
                <article className={css.line} aria-label={product ? local(product.name) : line.sku}>
                  <div className="row spread">
                    <h3>{product ? local(product.name) : line.sku}</h3>
                    {price && (
                      <strong>
                        <Money money={price.amount} />
                      </strong>
                    )}
                  </div>
                  <p className="soft small num">{about.join(" · ")}</p>
                  {prices.refusals.has(n) && <p>{prices.refusals.get(n)}</p>}
                  {price?.credit && <Reckoning credit={price.credit} />}
                </article>
              </li>
            );
          })}
        </ul>
      </Panel>
      <Panel title={words.steps.check}>
        <Facts
          facts={[
            [
              words.subject,
              <>
                {session.company_name}
                <br />
                <span className="num">{session.credit_code}</span>
              </>,
            ],
            ...(speeds(catalog, fields.lines).length > 1
              ? [[words.urgency, texts.urgency[fields.urgency]] as const]
              : []),
            ...(kind ? [[words.receive, delivery[kind]] as const] : []),
            kind === "branch_pickup"
              ? [words.branch, branch?.name ?? ""]
              : [words.address, <Recipient address={addressOf(fields, book.addresses)} />],
            [
              words.invoice,
              fields.wantInvoice ? (
                <>
                  <span>{texts.invoice[fields.invoiceKind]}</span>
                  {fields.askSpecial && ` · ${invoice.askSpecial}`}
                  <br />
                  {book.titles.find(({ id }) => id === fields.titleId)?.title ?? session.company_name}
                </>
              ) : (
                <>
                  <strong>{texts.noInvoice}</strong>
                  <br />
                  <span className="soft">{words.noInvoiceWarning}</span>
                </>
              ),
            ],
          ]}
        />
      </Panel>
      {draft && <Papers order={draft} />}
    </>
  );
}

/** The papers that stand in a draft, line by line: what is there and what is missing. */
function Papers({ order }: { order: OrderView }) {
  const texts = useTexts(common);
  const { form: words } = useTexts(ordering);
  const local = useLocal();
  const lines = order.lines.filter((line) => line.plan.materials === "before_submit");
  if (lines.length === 0) {
    return null;
  }
  return (
    <Panel title={words.papers}>
      <ul className={css.papers}>
        {lines.map((line) => {
          const refused = line.refusals.map(({ kind }) => texts.paper[kind]);
          const missing = [
            ...(line.basic ? [] : [words.papersBasic]),
            ...line.required_papers
              .filter((kind) => !line.papers.some((paper) => paper.kind === kind))
              .map((kind) => texts.paper[kind]),
          ];
          return (
            <li key={line.no} className="row spread">
              <div>
                <strong>{local(line.product.name)}</strong>{" "}
                {line.papers_complete && <ToneTag tone="done">{words.papersDone}</ToneTag>}
                {!line.papers_complete && missing.length > 0 && (
                  <p className="soft">{words.papersMissing(missing.join(texts.list))}</p>
                )}
                {!line.papers_complete && refused.length > 0 && (
                  <p className={css.refused}>{words.papersRefused(refused.join(texts.list))}</p>
                )}
              </div>
              <Link to={`/orders/${order.id}/lines/${String(line.no)}/materials`}>
                {line.papers_complete ? words.lookAtPapers : words.upload}
              </Link>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
