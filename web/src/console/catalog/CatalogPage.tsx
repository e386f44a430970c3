import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Radio } from "antd";
import { useState } from "react";
import { useSearchParams } from "react-router";

import { consoleCatalogQuery, policiesQuery } from "../../api/orders-desk";
import type { ConsoleCatalog, ConsoleProduct } from "../../api/schema";
import { PageFrame, Panel } from "../../design/PageFrame";
import { Empty, Loaded } from "../../design/Standing";
import { orderTexts } from "../../i18n/order";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useLocal, useTexts } from "../../i18n/texts";
import { inEffect, planned } from "./changes";
import { ProductCard } from "./ProductCard";
import { ProductForm } from "./ProductForm";
import { WithdrawModal } from "./WithdrawModal";

/** 商品目录: what a storefront sells, sold and will sell. */
export function CatalogPage() {
  const { catalog: words } = useTexts(ordersDeskTexts);
  const local = useLocal();
  const policies = useQuery(policiesQuery);
  const [search, setSearch] = useSearchParams();
  const storefronts = policies.data?.policies ?? [];
  const asked = search.get("storefront");
  const storefront = storefronts.find(({ id }) => id === asked)?.id ?? storefronts[0]?.id;
  return (
    <PageFrame
      title={words.title}
      width="wide"
      beside={
        storefronts.length > 1 && (
          <Radio.Group
            aria-label={words.storefront}
            optionType="button"
            value={storefront}
            options={storefronts.map(({ id, name }) => ({ value: id, label: local(name) }))}
            onChange={({ target }: { target: { value?: string } }) => setSearch({ storefront: target.value ?? "" })}
          />
        )
      }
    >
      <p className="soft">{words.lead}</p>
      <Loaded of={policies}>
        {() =>
          storefront ? (
            <Catalog key={storefront} storefront={storefront} />
          ) : (
            <Panel>
              <Empty text={words.noStorefront} />
            </Panel>
          )
        }
      </Loaded>
    </PageFrame>
  );
}

function Catalog({ storefront }: { storefront: string }) {
  const catalog = useQuery(consoleCatalogQuery(storefront));
  return <Loaded of={catalog}>{(view) => <Products catalog={view} now={catalog.dataUpdatedAt} />}</Loaded>;
}

function Products({ catalog, now }: { catalog: ConsoleCatalog; now: number }) {
  const { kind: kinds } = useTexts(orderTexts);
  const { catalog: words } = useTexts(ordersDeskTexts);
  const client = useQueryClient();
  const local = useLocal();
  /** The product whose form is open; the empty name for a new one. */
  const [open, setOpen] = useState<string>();
  const [leaving, setLeaving] = useState<string>();
  const [notice, setNotice] = useState<string>();
  const put = (view: ConsoleCatalog, said: string) => {
    client.setQueryData(consoleCatalogQuery(catalog.storefront).queryKey, view);
    setOpen(undefined);
    setLeaving(undefined);
    setNotice(said);
    window.scrollTo({ top: 0, behavior: "smooth" });
  };
  const saved = (view: ConsoleCatalog, name: string) => put(view, words.saved(name));
  const baseOf = (product: ConsoleProduct) => inEffect(product, now) ?? planned(product, now)[0];
  const withdrawn = catalog.products.find(({ sku }) => sku === leaving);
  const last = withdrawn && baseOf(withdrawn);
  const kindOf = (product: ConsoleProduct) => baseOf(product)?.kind;
  // What is no longer offered here at all is shown too: its past is part of the catalogue.
  const shown = [...new Set([...catalog.kinds, ...catalog.products.flatMap((product) => kindOf(product) ?? [])])];
  return (
    <>
      {notice && <Alert key={notice} type="success" showIcon role="status" title={notice} />}
      {open === "" ? (
        <ProductForm catalog={catalog} now={now} onSaved={saved} onCancel={() => setOpen(undefined)} />
      ) : (
        <div>
          <Button type="primary" onClick={() => setOpen("")}>
            {words.add}
          </Button>
        </div>
      )}
      {shown.map((kind) => {
        const products = catalog.products.filter((product) => kindOf(product) === kind);
        return (
          <Panel key={kind} title={kinds[kind]}>
            {products.length === 0 ? (
              <p className="soft">{words.emptyKind}</p>
            ) : (
              <div>
                {products.map((product) =>
                  open === product.sku ? (
                    <ProductForm
                      key={product.sku}
                      catalog={catalog}
                      product={product}
                      base={baseOf(product)}
                      now={now}
                      onSaved={saved}
                      onCancel={() => setOpen(undefined)}
                    />
                  ) : (
                    <ProductCard
                      key={product.sku}
                      product={product}
                      now={now}
                      onChange={() => setOpen(product.sku)}
                      onWithdraw={() => setLeaving(product.sku)}
                    />
                  ),
                )}
              </div>
            )}
          </Panel>
        );
      })}
      {withdrawn && last && (
        <WithdrawModal
          storefront={catalog.storefront}
          product={withdrawn}
          current={last}
          now={now}
          onSaved={(view) => put(view, words.withdrawn(local(last.name)))}
          onClose={() => setLeaving(undefined)}
        />
      )}
    </>
  );
}
