import { useQuery } from "@tanstack/react-query";
import { Alert } from "antd";
import { Link, useSearchParams } from "react-router";

import { catalogQuery, orderQuery } from "../../api/company";
import { PageFrame, Panel } from "../../design/PageFrame";
import { Loaded } from "../../design/Standing";
import { company } from "../../i18n/company";
import { useTexts } from "../../i18n/texts";
import { QualificationNotice } from "../shell/QualificationNotice";
import { useSession } from "../shell/RequireSession";
import { OrderForm } from "./OrderForm";

/** 购物清单 (R7): a new order of a product (`?sku=`), or a draft that goes on (`?order=`). */
export function OrderFormPage() {
  const { form } = useTexts(company);
  const session = useSession();
  const [search] = useSearchParams();
  const number = search.get("order");
  return (
    <PageFrame title={number ? form.changeTitle : form.title} back={{ to: "/", label: form.toMall }}>
      <QualificationNotice session={session} />
      {number ? <Draft number={number} /> : <New sku={search.get("sku") ?? ""} />}
    </PageFrame>
  );
}

function New({ sku }: { sku: string }) {
  const catalog = useQuery(catalogQuery);
  return (
    <Loaded of={catalog}>
      {(view) => {
        const product = view.products.find((known) => known.sku === sku);
        return product ? <OrderForm key={sku} catalog={view} product={product} /> : <Gone />;
      }}
    </Loaded>
  );
}

function Draft({ number }: { number: string }) {
  const { form } = useTexts(company);
  const catalog = useQuery(catalogQuery);
  const order = useQuery({ ...orderQuery(number), refetchOnWindowFocus: false });
  return (
    <Loaded of={catalog}>
      {(view) => (
        <Loaded of={order}>
          {(draft) => {
            const product = view.products.find((known) => known.sku === draft.lines[0]?.product.sku);
            if (draft.state !== "draft") {
              return (
                <Panel>
                  <Alert
                    type="info"
                    showIcon
                    title={form.cannotChange}
                    action={<Link to={`/orders/${number}`}>{form.toOrder}</Link>}
                  />
                </Panel>
              );
            }
            return product ? <OrderForm key={number} catalog={view} product={product} draft={draft} /> : <Gone />;
          }}
        </Loaded>
      )}
    </Loaded>
  );
}

function Gone() {
  const { form } = useTexts(company);
  return (
    <Panel>
      <Alert type="warning" showIcon title={form.gone} />
    </Panel>
  );
}
