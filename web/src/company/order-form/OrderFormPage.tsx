import { useQuery } from "@tanstack/react-query";
import { Alert } from "antd";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";

import { catalogQuery, orderQuery } from "../../api/company";
import { fileQuery } from "../../api/file";
import type { OrderView } from "../../api/schema";
import { PageFrame, Panel } from "../../design/PageFrame";
import { Loaded, Loading } from "../../design/Standing";
import { ordering } from "../../i18n/ordering";
import { useTexts } from "../../i18n/texts";
import { QualificationNotice } from "../shell/QualificationNotice";
import { useSession } from "../shell/RequireSession";
import { COUNTER, MALL, type Storefront, storefrontOf } from "../storefronts";
import { OrderForm } from "./OrderForm";

/** 购物清单 (R7). */
export function OrderFormPage() {
  return <OrderPage storefront={MALL} />;
}

/** 订单申请 (R57). */
export function CounterOrderFormPage() {
  return <OrderPage storefront={COUNTER} />;
}

/**
 * A list with what was asked for in it (`?sku=`, or `?kind=` and `?key=`), or a draft that goes on (`?order=`), which
 * brings its storefront with it.
 */
function OrderPage({ storefront }: { storefront: Storefront }) {
  const { form: words } = useTexts(ordering);
  const session = useSession();
  const [search, setSearch] = useSearchParams();
  const number = search.get("order");
  const asked = { sku: search.get("sku"), kind: search.get("kind"), key: search.get("key") };
  const order = useQuery({ ...orderQuery(number ?? ""), enabled: number !== null, refetchOnWindowFocus: false });
  const place = number === null ? storefront : order.data && storefrontOf(order.data.storefront);
  const newForm = `new:${storefront.id}:${asked.sku ?? ""}:${asked.kind ?? ""}:${asked.key ?? ""}`;
  // The form that became an order stays the same form.
  const [made, setMade] = useState({ order: "", form: "" });
  const form = number === null ? newForm : number === made.order ? made.form : number;
  return (
    <PageFrame
      title={number === null ? words.title[storefront.words] : words.changeTitle}
      back={{ to: (place ?? storefront).home, label: words.back[(place ?? storefront).words] }}
    >
      {place?.gate && <QualificationNotice session={session} />}
      {place ? (
        <Sheet
          key={form}
          place={place}
          asked={asked}
          draft={number === null ? undefined : order.data}
          onMade={(id) => {
            setMade({ order: id, form: newForm });
            setSearch(
              (before) => {
                const step = before.get("step");
                return { order: id, ...(step !== null && { step }) };
              },
              { replace: true },
            );
          }}
        />
      ) : (
        <Loaded of={order}>{() => null}</Loaded>
      )}
    </PageFrame>
  );
}

interface SheetProps {
  place: Storefront;
  asked: { sku: string | null; kind: string | null; key: string | null };
  draft: OrderView | undefined;
  onMade: (order: string) => void;
}

function Sheet({ place, asked, draft, onMade }: SheetProps) {
  const { form: words } = useTexts(ordering);
  const catalog = useQuery(catalogQuery(place.id));
  const file = useQuery(fileQuery);
  // Only at first: what is submitted from here is on its way to another page.
  const [isOpen] = useState(!draft || draft.state === "draft");
  if (!isOpen) {
    return (
      <Panel>
        <Alert
          type="info"
          showIcon
          title={words.cannotChange}
          action={<Link to={`/orders/${draft?.id ?? ""}`}>{words.toOrder}</Link>}
        />
      </Panel>
    );
  }
  return (
    <Loaded of={catalog}>
      {(view) =>
        file.isPending ? (
          <Loading />
        ) : (
          <OrderForm
            place={place}
            catalog={view}
            asked={asked}
            draft={draft}
            onMade={onMade}
            book={{
              addresses: file.data?.addresses ?? [],
              titles: file.data?.invoice_titles ?? [],
              version: file.data?.version ?? 0,
              error: file.data ? null : file.error,
              retry: () => void file.refetch(),
            }}
          />
        )
      }
    </Loaded>
  );
}
