/** What the pages say about what one may do: the gate before buying, and limited logins. */
import { fireEvent, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import { backend, problem, show } from "../../testing/backend";
import { catalog, order, orders, quote, session } from "../../testing/fixtures";
import { limited } from "../../testing/fixtures-access";
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
    fireEvent.change(await screen.findByLabelText(label), { target: { value: text } });
  }
  await userEvent.click(screen.getByRole("button", { name: "提交订单" }));
  const alert = await screen.findByRole("alert");
  expect(within(alert).getByRole("link", { name: "去提交企业资料" })).toHaveAttribute("href", "/company/qualification");
  expect(screen.getByLabelText("详细地址")).toHaveValue("中山路 100 号");
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
