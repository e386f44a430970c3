import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Form, Input, Radio, Table, type TableColumnsType } from "antd";
import { Link, useSearchParams } from "react-router";

import { orderSearchQuery, type Search, SEARCH_KEYS, type SearchKey } from "../../api/orders-desk";
import type { FoundOrder } from "../../api/schema";
import { Money } from "../../design/Money";
import { PageFrame, Panel } from "../../design/PageFrame";
import { Empty, Loaded } from "../../design/Standing";
import { StateTag } from "../../design/StateTag";
import { useTimes } from "../../design/time";
import { common } from "../../i18n/common";
import { orderTexts } from "../../i18n/order";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useLocal, useTexts } from "../../i18n/texts";
import { orderOf } from "../finance/order-number";
import css from "./orders.module.css";

/** What the address asks for; nothing when it names no key, and the first one when it names several. */
function searchOf(params: URLSearchParams): Search | undefined {
  const by = SEARCH_KEYS.find((key) => (params.get(key) ?? "") !== "");
  return by && { by, text: params.get(by) ?? "" };
}

/** 订单查询: exact, by one thing. */
export function OrderSearchPage() {
  const { orders: words } = useTexts(ordersDeskTexts);
  const [params, setParams] = useSearchParams();
  const search = searchOf(params);
  return (
    <PageFrame title={words.title} width="wide">
      <SearchForm
        key={params.toString()}
        search={search}
        onSearch={({ by, text }) => setParams({ [by]: text }, { preventScrollReset: true })}
      />
      {search && <Found search={search} />}
    </PageFrame>
  );
}

interface FormProps {
  search: Search | undefined;
  onSearch: (search: Search) => void;
}

function SearchForm({ search, onSearch }: FormProps) {
  const texts = useTexts(common);
  const { orders: words } = useTexts(ordersDeskTexts);
  const [form] = Form.useForm<Search>();
  const by = (Form.useWatch("by", form) as SearchKey | undefined) ?? search?.by ?? "order";
  return (
    <Panel>
      <p className="soft small">{words.lead}</p>
      <Form<Search>
        form={form}
        name="find"
        layout="vertical"
        initialValues={{ by: search?.by ?? "order", text: search?.text ?? "" }}
        validateTrigger="onSubmit"
        onValuesChange={() => form.setFields([{ name: "text", errors: [] }])}
        onFinish={(fields) => {
          const text = fields.text.trim();
          onSearch({ by: fields.by, text: fields.by === "order" ? (orderOf(text) ?? text) : text });
        }}
      >
        <Form.Item name="by" label={words.by}>
          <Radio.Group
            optionType="button"
            options={SEARCH_KEYS.map((value) => ({ value, label: words.key[value] }))}
            aria-label={words.by}
          />
        </Form.Item>
        <div className={css.search}>
          <Form.Item
            name="text"
            label={words.label[by]}
            rules={[
              { required: true, whitespace: true, message: texts.required },
              {
                validator: (_, text: string) =>
                  by === "order" && text.trim() !== "" && !orderOf(text)
                    ? Promise.reject(new Error(words.wrongOrder))
                    : Promise.resolve(),
              },
            ]}
          >
            <Input autoComplete="off" spellCheck={false} maxLength={200} allowClear />
          </Form.Item>
          <Button type="primary" htmlType="submit" className={css.go}>
            {words.search}
          </Button>
        </div>
      </Form>
    </Panel>
  );
}

function Found({ search }: { search: Search }) {
  const texts = useTexts(common);
  const { orders: words } = useTexts(ordersDeskTexts);
  const found = useInfiniteQuery(orderSearchQuery(search));
  return (
    <Panel title={words.results}>
      <Loaded of={found}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.orders);
          return rows.length === 0 ? <Empty text={words.notFound} /> : <Rows rows={rows} />;
        }}
      </Loaded>
      {found.hasNextPage && (
        <div>
          <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {texts.loadMore}
          </Button>
        </div>
      )}
    </Panel>
  );
}

function Rows({ rows }: { rows: readonly FoundOrder[] }) {
  const { storefront } = useTexts(orderTexts);
  const { orders: words } = useTexts(ordersDeskTexts);
  const { time } = useTimes();
  const local = useLocal();
  const items = ({ row }: FoundOrder) => (
    <ul className={css.items}>
      {row.items.map(({ line, product, quantity }) => (
        <li key={line}>
          {local(product.name)} × {quantity}
        </li>
      ))}
    </ul>
  );
  const columns: TableColumnsType<FoundOrder> = [
    {
      title: words.one,
      render: (_, found) => (
        <>
          <Link className="num" to={`/console/orders/${found.row.id}`}>
            {found.row.id}
          </Link>
          <div className={css.phone}>
            {found.company_name}
            {items(found)}
            <Money money={found.row.total} /> · <span className="num">{time(found.row.created_at)}</span>
          </div>
        </>
      ),
    },
    { title: words.company, responsive: ["md"], render: (_, found) => found.company_name },
    { title: words.items, responsive: ["md"], render: (_, found) => items(found) },
    {
      title: words.storefront,
      responsive: ["lg"],
      render: (_, { row }) => storefront[row.storefront] ?? row.storefront,
    },
    {
      title: words.createdAt,
      responsive: ["lg"],
      render: (_, { row }) => <span className="num">{time(row.created_at)}</span>,
    },
    { title: words.total, align: "right", responsive: ["md"], render: (_, { row }) => <Money money={row.total} /> },
    { title: words.state, render: (_, { row }) => <StateTag state={row.display} /> },
  ];
  return (
    <Table<FoundOrder>
      rowKey={({ row }) => row.id}
      columns={columns}
      dataSource={[...rows]}
      pagination={false}
      size="middle"
    />
  );
}
