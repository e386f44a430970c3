import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import { backend, show } from "../../testing/backend";
import * as fixture from "../../testing/fixtures-orders-desk";
import { press, type } from "../../testing/hands";
import { OrderSearchPage } from "./OrderSearchPage";

const searches = (calls: ReturnType<typeof backend>) =>
  calls.map(({ search }) => Object.fromEntries(new URLSearchParams(search)));

function open(address = "/console/orders", orders = fixture.found("in_production")) {
  const calls = backend({ "GET /api/console/orders": orders });
  return { calls, router: show(OrderSearchPage, "/console/orders", address) };
}

test("nothing is asked before something is looked for", async () => {
  const { calls } = open();
  await screen.findByLabelText("订单号、支付单号或退款单号");
  await press("查找");
  expect(await screen.findByText("请填写此项")).toBeInTheDocument();
  expect(calls).toEqual([]);
});

test("the number of a payment finds its order; half a number is told before it is sent", async () => {
  const { calls, router } = open();
  await type("订单号、支付单号或退款单号", "12345");
  await press("查找");
  expect(await screen.findByText(/请输入 18 位订单号/)).toBeInTheDocument();
  await type("订单号、支付单号或退款单号", ` ${fixture.ORDER}_1 `);
  await press("查找");
  expect(await screen.findByText(/南京示例建设工程有限公司/)).toBeInTheDocument();
  expect(searches(calls)).toEqual([{ order: fixture.ORDER }]);
  expect(router.state.location.search).toBe(`?order=${fixture.ORDER}`);
});

test.each([
  ["company", "企业", "企业全称或统一社会信用代码", "南京示例建设工程有限公司"],
  ["serial", "密钥序列号", "密钥序列号", "BJ20261100001"],
  ["waybill", "快递单号", "快递单号", "SF1234567890123"],
] as const)(
  "a search by %s sends that key and no other, whatever was looked for before",
  async (key, by, label, text) => {
    const { calls, router } = open(`/console/orders?order=${fixture.ORDER}`);
    await waitFor(() => expect(searches(calls)).toEqual([{ order: fixture.ORDER }]));
    fireEvent.click(screen.getByText(by, { selector: ".ant-radio-button-label" }));
    await waitFor(() => expect(document.querySelector("label[for=find_text]")).toHaveTextContent(label));
    const field = document.querySelector("input#find_text");
    fireEvent.change(field ?? document.body, { target: { value: ` ${text} ` } });
    await press("查找");
    await waitFor(() => expect(searches(calls)).toEqual([{ order: fixture.ORDER }, { [key]: text }]));
    expect(Object.fromEntries(new URLSearchParams(router.state.location.search))).toEqual({ [key]: text });
  },
);

test("an address with several keys asks for one only", async () => {
  const { calls } = open(`/console/orders?waybill=SF1&serial=BJ1`);
  await waitFor(() => expect(searches(calls)).toEqual([{ serial: "BJ1" }]));
});

test("nothing found says that only an exact match counts", async () => {
  open("/console/orders?serial=BJ1", { orders: [], cursor: null });
  expect(await screen.findByText(/只有完全一致才能找到/)).toBeVisible();
});

test("more is found on demand, by the same key", async () => {
  let page = 0;
  const calls = backend({
    "GET /api/console/orders": () =>
      (page += 1) === 1 ? { ...fixture.found("completed"), cursor: "more" } : { orders: [], cursor: null },
  });
  show(OrderSearchPage, "/console/orders", "/console/orders?serial=BJ2");
  await press("加载更多");
  await waitFor(() => expect(searches(calls)).toEqual([{ serial: "BJ2" }, { serial: "BJ2", cursor: "more" }]));
});
