import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { storeDraft } from "../../design/draft";
import { backend, problem, show } from "../../testing/backend";
import { orders, session } from "../../testing/fixtures";
import { counter, mall } from "../../testing/fixtures-ordering";
import { press } from "../../testing/hands";
import { CounterHomePage, HomePage } from "./HomePage";

const stranger = { "GET /api/session": problem("login_required", 401) };

// covers: R4, R5, R6
test("the mall sells every kind, each with both of the manual's buttons into one order", async () => {
  backend({ ...stranger, "GET /api/catalog/mall": mall });
  const router = show(HomePage, "/", "/");
  for (const kind of ["密钥新办", "密钥续期", "密钥解锁", "密钥补办", "升级密钥"]) {
    expect(await screen.findByRole("region", { name: kind })).toBeVisible();
  }
  const sealed = screen.getByRole("region", { name: "密钥新办" });
  expect(within(sealed).getByRole("button", { name: "立即申办 带签章电子密钥" })).toBeVisible();
  await press("立即购买 带签章电子密钥");
  await waitFor(() => expect(router.state.location.pathname).toBe("/order/new"));
  expect(router.state.location.search).toBe("?sku=key-seal-1y");
});

test("the counter speaks its own words and has its own form", async () => {
  backend({ ...stranger, "GET /api/catalog/counter": counter });
  const router = show(CounterHomePage, "/counter", "/counter");
  expect(await screen.findByRole("heading", { name: "订单服务", level: 1 })).toBeVisible();
  expect(await screen.findByRole("region", { name: "订单申请" })).toBeVisible();
  expect(screen.queryByRole("button", { name: /立即/ })).toBeNull();
  await press("订单申请 数字证书（1 年）");
  await waitFor(() => expect(router.state.location.pathname).toBe("/counter/order/new"));
});

test("what was chosen and not submitted is there to go on with", async () => {
  storeDraft(`list:${session.company}:mall`, { lines: [{}, {}] });
  backend({ "GET /api/session": session, "GET /api/catalog/mall": mall, "GET /api/orders": orders() });
  show(HomePage, "/", "/");
  expect(await screen.findByText("已选 2 个商品，尚未提交。")).toBeVisible();
  expect(screen.getByRole("link", { name: "继续填写" })).toHaveAttribute("href", "/order/new");
});
