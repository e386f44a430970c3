import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { Link, useNavigate } from "react-router";

import { catalogQuery } from "../../api/company";
import { fieldErrors } from "../../api/errors";
import { quoteQuery } from "../../api/ordering";
import type { CatalogView, KeyView } from "../../api/schema";
import { formatMoney, isZero } from "../../design/format-money";
import { ProblemAlert } from "../../design/ProblemAlert";
import { Loaded } from "../../design/Standing";
import { agentTexts } from "../../i18n/agent";
import { ordering } from "../../i18n/ordering";
import { useLocal, useTexts } from "../../i18n/texts";
import { Reckoning } from "../credit/Reckoning";
import { orderOf } from "../keys/services";
import { storefrontOf } from "../storefronts";
import css from "./agent.module.css";

interface Props {
  of: KeyView;
  mayBuy: boolean;
}

/** What the time just read is worth towards the upgrade of its key (R36–R41), as the server reckons it. */
export function UpgradeCredit({ of: key, mayBuy }: Props) {
  const { upgrade: words } = useTexts(agentTexts);
  const catalog = useQuery(catalogQuery(storefrontOf(key.storefront).id));
  return (
    <section className={css.credit} aria-label={words.title}>
      <h3>{words.title}</h3>
      <Loaded of={catalog}>{(view) => <Quoted of={key} catalog={view} mayBuy={mayBuy} />}</Loaded>
    </section>
  );
}

function Quoted({ of: key, catalog, mayBuy }: Props & { catalog: CatalogView }) {
  const { upgrade: words } = useTexts(agentTexts);
  const { form, keys } = useTexts(ordering);
  const local = useLocal();
  const navigate = useNavigate();
  const product = catalog.products.find(({ kind }) => kind === "upgrade");
  const quote = useQuery(
    quoteQuery(
      product && {
        storefront: catalog.storefront,
        urgency: "none",
        // Asked as if a loss was accepted: this buys nothing, and it is what tells the loss.
        lines: [{ sku: product.sku, quantity: 1, key_serial: key.serial, accept_loss: true }],
      },
    ),
  );
  if (!product) {
    return <p className="soft">{keys.noServices}</p>;
  }
  const why = fieldErrors(quote.error)[0]?.message;
  if (why !== undefined) {
    return <Alert type="info" showIcon title={why} />;
  }
  if (quote.error) {
    return <ProblemAlert error={quote.error} onRetry={() => void quote.refetch()} />;
  }
  return (
    <Loaded of={quote}>
      {({ lines: [price] }) =>
        price?.credit ? (
          <>
            <p>{words.by(local(product.name))}</p>
            <Reckoning credit={price.credit} />
            {!isZero(price.credit.lost) && (
              <Alert type="warning" showIcon title={form.credit.lostWarning(formatMoney(price.credit.lost))} />
            )}
            <p className="soft small">{words.used}</p>
            {mayBuy ? (
              <Button type="primary" size="large" block onClick={() => void navigate(orderOf(key, "upgrade"))}>
                {words.go}
              </Button>
            ) : (
              <p>
                {keys.limited} <Link to="/unbind">{keys.unbind}</Link>
              </p>
            )}
          </>
        ) : (
          <p>{form.credit.noCredit}</p>
        )
      }
    </Loaded>
  );
}
