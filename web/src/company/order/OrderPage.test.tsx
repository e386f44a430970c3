import { act, cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { backend, show } from "../../testing/backend";
import { history, order } from "../../testing/fixtures";
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
