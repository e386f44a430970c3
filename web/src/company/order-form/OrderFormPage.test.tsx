import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import { backend, problem, show } from "../../testing/backend";
import { catalog, order, quote } from "../../testing/fixtures";
import { OrderFormPage } from "./OrderFormPage";

const SKU = "/order/new?sku=key-seal-1y";
const base = { "GET /api/catalog/mall": catalog, "POST /api/quotes": quote };

async function fillAddress() {
  const user = userEvent.setup();
  for (const [label, text] of [
    ["省份", "江苏省"],
    ["城市", "南京市"],
    ["区县", "玄武区"],
    ["详细地址", "中山路 100 号"],
  ] as const) {
    fireEvent.change(await screen.findByLabelText(label), { target: { value: text } });
  }
  return user;
}

// covers: R7
test("the shopping list holds speed, address and invoice in the manual's words", async () => {
  backend(base);
  show(OrderFormPage, "/order/new", SKU);
  const halfDay = await screen.findByRole("radio", { name: /加急 6 小时.*半天制作完成，交给物流公司发货/ });
  const sameDay = screen.getByRole("radio", { name: /加急 12 小时.*当天制作完成，交给物流公司发货/ });
  expect(halfDay).toHaveAccessibleName(/\+¥200\.00/);
  expect(sameDay).toHaveAccessibleName(/\+¥100\.00/);
  expect(screen.getByLabelText("收件人")).toHaveValue("李雷");
  const invoice = screen.getByRole("checkbox", { name: "开具发票" });
  expect(invoice).toBeChecked();
  await userEvent.click(invoice);
  expect(screen.getByText(/不能补开发票/)).toBeVisible();
  expect(screen.queryByRole("radio", { name: /纸质普通发票/ })).toBeNull();
});

test("an order is made once, submitted, and leads to the payment", async () => {
  const calls = backend({
    ...base,
    "POST /api/orders": order("draft"),
    [`POST /api/orders/${order("draft").id}/submit`]: order("awaiting_payment"),
  });
  const router = show(OrderFormPage, "/order/new", SKU);
  const user = await fillAddress();
  await user.click(screen.getByRole("button", { name: "提交订单" }));
  await waitFor(() => expect(router.state.location.pathname).toBe(`/orders/${order("draft").id}/pay`));
  const [create] = calls.filter(({ method, path }) => `${method} ${path}` === "POST /api/orders");
  expect(create?.headers.get("x-sealkey-request")).toBe("1");
  expect(create?.headers.get("accept-language")).toBe("zh-CN");
  expect(create?.body).toMatchObject({
    storefront: "mall",
    lines: [{ sku: "key-seal-1y", quantity: 1 }],
    urgency: "none",
    invoice: { kind: "paper_ordinary" },
    delivery: { kind: "courier_prepaid", address: { province: "江苏省", name: "李雷" } },
  });
  expect(sessionStorage).toHaveLength(0);
});

test("a submission that fails is tried again on the same draft", async () => {
  const { id } = order("draft");
  let tries = 0;
  const calls = backend({
    ...base,
    "POST /api/orders": order("draft"),
    [`PUT /api/orders/${id}`]: { ...order("draft"), version: 5 },
    [`POST /api/orders/${id}/submit`]: () => {
      tries += 1;
      return tries === 1 ? problem("unavailable", 503) : order("awaiting_payment");
    },
  });
  const router = show(OrderFormPage, "/order/new", SKU);
  const user = await fillAddress();
  await user.click(screen.getByRole("button", { name: "提交订单" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("REQ1");
  await user.click(screen.getByRole("button", { name: "提交订单" }));
  await waitFor(() => expect(router.state.location.pathname).toBe(`/orders/${id}/pay`));
  expect(calls.filter(({ method, path }) => method === "POST" && path === "/api/orders")).toHaveLength(1);
  expect(calls.find(({ method }) => method === "PUT")?.body).toMatchObject({ version: order("draft").version });
});

test("a wrong field is shown at the field", async () => {
  backend({
    ...base,
    "POST /api/orders": problem("invalid_fields", 422, {
      errors: [{ field: "delivery.address.detail", code: "too_long", message: "内容太长" }],
    }),
  });
  show(OrderFormPage, "/order/new", SKU);
  const user = await fillAddress();
  await user.click(screen.getByRole("button", { name: "提交订单" }));
  await waitFor(() => expect(screen.getByLabelText("详细地址")).toHaveAccessibleDescription(/内容太长/));
});

test("what was typed is there again after a reload", async () => {
  backend(base);
  show(OrderFormPage, "/order/new", SKU);
  await fillAddress();
  cleanup();
  show(OrderFormPage, "/order/new", SKU);
  expect(await screen.findByLabelText("详细地址")).toHaveValue("中山路 100 号");
});
