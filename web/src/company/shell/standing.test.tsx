/** What the pages say about what one may do: the gate before buying, and limited logins. */
import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { backend, problem, show } from "../../testing/backend";
import { catalog, order, orders, quote, session } from "../../testing/fixtures";
import { limited } from "../../testing/fixtures-access";
import { file } from "../../testing/fixtures-file";
import { press, type } from "../../testing/hands";
import { HomePage } from "../home/HomePage";
import { OrderFormPage } from "../order-form/OrderFormPage";
import { CompanyShell } from "./CompanyShell";

const base = { "GET /api/catalog/mall": catalog, "GET /api/orders": orders(), "POST /api/quotes": quote };

test.each([
  ["open", "购买前请先提交企业资料", "去提交企业资料"],
  ["submitted", "企业资料正在审核", "查看审核进度"],
  ["changes_requested", "企业资料需要修改", "查看原因并修改"],
] as const)(
  "before the papers are approved (%s) the home page says so, with the way there",
  async (qualification, title, way) => {
    backend({ ...base, "GET /api/session": { ...session, qualification } });
    show(HomePage, "/", "/");
    expect(await screen.findByText(title)).toBeVisible();
    expect(screen.getByRole("link", { name: way })).toHaveAttribute("href", "/company/qualification");
  },
);

test("once they are approved nothing is said", async () => {
  backend({ ...base, "GET /api/session": session });
  show(HomePage, "/", "/");
  await screen.findByText("等待您处理");
  expect(screen.queryByRole("link", { name: /企业资料/ })).toBeNull();
});

test("an order that is refused for it says the way out, and keeps what was typed", async () => {
  backend({
    ...base,
    "GET /api/company": file("open", { addresses: [] }),
    "POST /api/orders": order("draft"),
    [`POST /api/orders/${order("draft").id}/submit`]: () => problem("qualification_required", 403),
  });
  show(OrderFormPage, "/order/new", "/order/new?sku=key-seal-1y");
  for (const [label, text] of [
    ["省份", "江苏省"],
    ["城市", "南京市"],
    ["区县", "玄武区"],
    ["详细地址", "中山路 100 号"],
  ] as const) {
    await type(label, text);
  }
  await press("下一步");
  await screen.findByText("纸质普通发票");
  await press("下一步");
  await press("提交");
  const alert = await screen.findByRole("alert");
  expect(within(alert).getByRole("link", { name: "去提交企业资料" })).toHaveAttribute("href", "/company/qualification");
  expect(screen.getByText(/中山路 100 号/)).toBeVisible();
});

test("a limited login is told what it may not do and where to unbind; a full one is not", async () => {
  backend({ ...base, "GET /api/session": limited });
  show(CompanyShell, "/", "/");
  const banner = await screen.findByRole("complementary", { name: "当前登录的权限" });
  expect(banner).toHaveTextContent("不能购买或修改企业信息");
  expect(within(banner).getByRole("link", { name: "办理证书解绑" })).toHaveAttribute("href", "/unbind");
});

test("who is logged in finds company file and account security in the frame", async () => {
  backend({ ...base, "GET /api/session": session });
  show(CompanyShell, "/", "/");
  expect(await screen.findByRole("link", { name: "账号安全" })).toHaveAttribute("href", "/security");
  expect(screen.getByRole("link", { name: "企业信息" })).toHaveAttribute("href", "/company");
  expect(screen.queryByRole("complementary")).toBeNull();
});

test("both storefronts and what the company has at both are in the frame's menu", async () => {
  backend({ ...base, "GET /api/session": session });
  show(CompanyShell, "/", "/");
  const menu = within(await screen.findByRole("navigation", { name: "主导航" }));
  expect(menu.getAllByRole("link").map((link) => [link.textContent, link.getAttribute("href")])).toEqual([
    ["商城", "/"],
    ["订单服务", "/counter"],
    ["我的订单", "/orders"],
    ["我的密钥", "/keys"],
    ["企业信息", "/company"],
  ]);
});

test("who is not logged in comes to the login of the storefront that they are at", async () => {
  backend({ ...base, "GET /api/session": () => problem("login_required", 401) });
  show(CompanyShell, "/counter", "/counter");
  expect(await screen.findByRole("link", { name: "账号登录" })).toHaveAttribute("href", "/counter/login");
});
