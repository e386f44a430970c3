import { act, cleanup, fireEvent, screen, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { backend, type Call, show } from "../../testing/backend";
import { catalog, orders, row } from "../../testing/fixtures";
import { counterCatalog } from "../../testing/fixtures-orders";
import { press } from "../../testing/hands";
import { OrdersPage } from "./OrdersPage";

function open(address = "/orders", list: (call: Call) => object = () => orders("draft")) {
  const calls = backend({
    "GET /api/catalog/mall": catalog,
    "GET /api/catalog/counter": counterCatalog,
    "GET /api/orders": list,
  });
  const router = show(OrdersPage, "/orders", address);
  const asked = () => calls.filter(({ path }) => path === "/api/orders").map(({ search }) => search);
  return { router, asked };
}

async function choose(label: string, option: string) {
  fireEvent.mouseDown(await screen.findByLabelText(label));
  fireEvent.click(await screen.findByTitle(option));
}

// covers: R70
test("state, kind, first and last day are asked for, stand in the address, and back undoes them", async () => {
  const { router, asked } = open();
  await screen.findByText("订单明细");
  await choose("订单状态", "已提交");
  await choose("业务类型", "密钥续期");
  fireEvent.change(screen.getByLabelText("开始日期"), { target: { value: "2026-11-01" } });
  fireEvent.change(screen.getByLabelText("结束日期"), { target: { value: "2026-11-21" } });
  await vi.waitFor(() => {
    expect(new URLSearchParams(asked().at(-1))).toEqual(
      new URLSearchParams("state=submitted&kind=renewal&from=2026-11-01&to=2026-11-21"),
    );
  });
  expect(router.state.location.search).toBe("?state=submitted&kind=renewal&from=2026-11-01&to=2026-11-21");
  await act(() => router.navigate(-1));
  expect(router.state.location.search).toBe("?state=submitted&kind=renewal&from=2026-11-01");
  expect(screen.getByLabelText("结束日期")).toHaveValue("");
  expect(screen.getByLabelText("开始日期")).toHaveValue("2026-11-01");
});

// covers: R70
test("the states to choose from are those of both storefronts, in words", async () => {
  open();
  await screen.findByText("订单明细");
  fireEvent.mouseDown(screen.getByLabelText("订单状态"));
  for (const word of ["待提交", "待支付", "已提交", "办理中"]) {
    expect(await screen.findByTitle(word)).toBeInTheDocument();
  }
});

test("a list that is empty says which filters hide things, and clears them", async () => {
  const { router } = open("/orders?state=shipped&from=2026-11-01", () => orders());
  expect(await screen.findByText("没有符合条件的订单。当前筛选：状态为“已发货”、2026-11-01 起。")).toBeVisible();
  await press("清除筛选");
  expect(await screen.findByText("还没有订单。")).toBeVisible();
  expect(router.state.location.search).toBe("");
  expect(screen.getByRole("link", { name: "去订单服务申请" })).toHaveAttribute("href", "/counter");
});

test("a time that ends before it begins is said, and not asked for", async () => {
  const { asked } = open("/orders?from=2026-11-21&to=2026-11-01");
  expect(await screen.findByText("结束日期早于开始日期，请修改后再查询。")).toBeVisible();
  expect(asked()).toEqual([]);
});

test("more of the list is asked for with the filters and the cursor", async () => {
  const { asked } = open("/orders?kind=new_key", ({ search }) =>
    search.includes("cursor")
      ? { orders: [row("completed", 9)], cursor: null }
      : { ...orders("draft"), cursor: "next" },
  );
  await press("加载更多");
  await screen.findByText("已完成");
  expect(asked().at(-1)).toBe("?kind=new_key&cursor=next");
  expect(screen.getAllByText("订单明细")).toHaveLength(2);
  expect(screen.queryByText("加载更多")).toBeNull();
});

// covers: R71
test("a double click on an order opens its detail, and a tap where fingers point", async () => {
  const { id } = row("shipped", 0);
  for (const [touch, deed] of [
    [false, (item: HTMLElement) => fireEvent.doubleClick(item)],
    [true, (item: HTMLElement) => fireEvent.click(item)],
  ] as const) {
    cleanup();
    vi.stubGlobal("matchMedia", (media: string) => ({
      matches: touch && media === "(hover: none)",
      media,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
      addListener: () => undefined,
      removeListener: () => undefined,
    }));
    const { router } = open("/orders?state=shipped", () => orders("shipped"));
    const item = (await screen.findByText("订单明细")).closest("li") ?? document.body;
    if (!touch) {
      fireEvent.click(item);
      expect(router.state.location.pathname).toBe("/orders");
    }
    deed(item);
    await screen.findByText("elsewhere");
    expect(router.state.location.pathname).toBe(`/orders/${id}`);
    expect(router.state.location.state).toEqual({ list: "?state=shipped" });
  }
});

// covers: R69
test("the state of each order is in the list, with where it was placed and what comes next", async () => {
  open("/orders", () => ({
    orders: [
      { ...row("submitted", 1), storefront: "counter" },
      { ...row("handling", 2), storefront: "counter" },
      row("changes_requested", 3),
    ],
    cursor: null,
  }));
  const list = await screen.findByText(/快递|网点人员会联系领取/);
  const [submitted, handling, changes] = within(list.closest("ul") ?? document.body).getAllByRole("listitem");
  expect(submitted).toHaveTextContent("已提交");
  expect(submitted).toHaveTextContent("订单服务");
  expect(submitted && within(submitted).getByRole("link", { name: "去支付" })).toHaveAttribute(
    "href",
    `/orders/${row("submitted", 1).id}/pay`,
  );
  expect(handling).toHaveTextContent("办理中");
  expect(changes).toHaveTextContent("商城");
  expect(changes).toHaveTextContent("下一步：修改未通过的资料");
});
