import { act, cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import type { OrderView } from "../../api/schema";
import { backend, show } from "../../testing/backend";
import { history, order, refund } from "../../testing/fixtures";
import { press } from "../../testing/hands";
import { OrderPage } from "./OrderPage";

const { id } = order("draft");

afterEach(() => {
  vi.useRealTimers();
});

function showOrder(display: Parameters<typeof order>[0]) {
  backend({ [`GET /api/orders/${id}`]: order(display), [`GET /api/orders/${id}/history`]: { events: history } });
  show(OrderPage, "/orders/:order", `/orders/${id}`);
}

// covers: R16
test("materials are uploaded after payment, from the order's detail", async () => {
  showOrder("awaiting_payment");
  expect(await screen.findByRole("button", { name: "去支付" })).toBeVisible();
  expect(screen.queryByRole("button", { name: "上传资料" })).toBeNull();
  cleanup();
  showOrder("awaiting_materials");
  expect(await screen.findByRole("button", { name: "上传资料" })).toBeVisible();
});

// covers: R20
test("the state stands on the line", async () => {
  for (const [display, word] of [
    ["under_review", "待审核"],
    ["in_production", "制作中"],
  ] as const) {
    cleanup();
    showOrder(display);
    const line = await screen.findByRole("article", { name: "带签章电子密钥" });
    expect(line).toHaveTextContent(word);
  }
});

// covers: R69
test("查看记录 shows everything that happened", async () => {
  showOrder("changes_requested");
  expect(await screen.findByText("付款成功")).toBeVisible();
  expect(screen.getByText("审核未通过，需修改资料")).toBeVisible();
  expect(screen.getAllByText(/图像不清晰，无法辨认.*300 dpi/).length).toBeGreaterThan(0);
});

// covers: R69
test("the record tells how it ended, though it was asked for just before the end", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  let looks = 0;
  const last = history.slice(-1).map((entry) => ({ ...entry, seq: 99, event: "delivered", refusals: [] }));
  backend({
    [`GET /api/orders/${id}`]: () => order((looks += 1) > 1 ? "completed" : "shipped"),
    [`GET /api/orders/${id}/history`]: () => ({ events: looks > 1 ? [...history, ...last] : history }),
  });
  show(OrderPage, "/orders/:order", `/orders/${id}`);
  await screen.findByText("付款成功");
  expect(screen.queryByText("快递已签收")).toBeNull();
  await act(() => vi.advanceTimersByTimeAsync(30_000));
  expect(screen.getByText("快递已签收")).toBeVisible();
  expect(looks).toBe(2);
});

// covers: R43
test("the parcel of a key is in the order's detail", async () => {
  showOrder("shipped");
  expect(await screen.findByText("SF1234567890123")).toBeVisible();
  expect(screen.getByText("运输中")).toBeVisible();
});

test("whoever cancels a paid order reads first what becomes of the money", async () => {
  let now: OrderView = order("under_review");
  const calls = backend({
    [`GET /api/orders/${id}`]: () => now,
    [`GET /api/orders/${id}/history`]: { events: history },
    [`POST /api/orders/${id}/cancel`]: () => (now = order("refunding")),
  });
  show(OrderPage, "/orders/:order", `/orders/${id}`);
  await press("取消订单");
  expect(await screen.findByText("已付的 ¥1,120.00 将全额原路退回付款账户。")).toBeInTheDocument();
  expect(calls.filter(({ method }) => method === "POST")).toEqual([]);
  await press("取消订单并退款");
  const card = await screen.findByRole("article", { name: `退款 ${id}_R1` });
  expect(card).toHaveTextContent("¥1,120.00");
  expect(card).toHaveTextContent("通常最迟 2026/11/26 到账");
  expect(screen.queryByRole("button", { name: "取消订单" })).toBeNull();
});

test("an order that may not be given up has no button for it", async () => {
  showOrder("in_production");
  await screen.findByText("付款成功");
  expect(screen.queryByRole("button", { name: "取消订单" })).toBeNull();
});

test("a refund is followed after the order's end, up to its receipt", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  let looks = 0;
  backend({
    [`GET /api/orders/${id}`]: () => order((looks += 1) > 1 ? "refunded" : "refunding"),
    [`GET /api/orders/${id}/history`]: { events: history },
  });
  show(OrderPage, "/orders/:order", `/orders/${id}`);
  expect(await screen.findByText("正在通过支付宝退回原付款账户，您无需操作。")).toBeVisible();
  await act(() => vi.advanceTimersByTimeAsync(10_000));
  expect(screen.getByText(refund("done").receipt ?? "")).toBeVisible();
  await act(() => vi.advanceTimersByTimeAsync(60_000));
  expect(looks).toBe(2);
});
