import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import { backend, show } from "../../testing/backend";
import { staff } from "../../testing/fixtures";
import * as own from "../../testing/fixtures-invoices";
import { press } from "../../testing/hands";
import { InvoicesPage } from "./InvoicesPage";

const path = `/api/console/invoices/${own.ORDER}`;

test("finance sees what hinders an invoice and what to do, and asks again", async () => {
  const calls = backend({
    "GET /api/console/invoices": own.needsYou,
    [`POST ${path}/2/retry`]: own.invoiceRow({ no: 2, state: "asking" }),
  });
  show(InvoicesPage, "/console/invoices", "/console/invoices", staff("finance"));
  expect(await screen.findByText("本月开票额度用尽")).toBeVisible();
  expect(screen.getByText("税务平台查不到抬头或纳税人识别号")).toBeVisible();
  await press(`重新请求: ${own.ORDER}_I2`);
  await waitFor(() => expect(calls.filter(({ method }) => method === "POST")).toHaveLength(1));
  expect(await screen.findByRole("status")).toHaveTextContent(`${own.ORDER}_I2`);
});

test("customer service opens with what was asked for, says which it becomes, and asks the platform nothing", async () => {
  const calls = backend({
    "GET /api/console/invoices": own.held,
    [`POST ${path}/1/release`]: own.invoiceRow({ state: "asking", kind: "electronic_special" }),
  });
  show(InvoicesPage, "/console/invoices", "/console/invoices", staff("support"));
  expect(await screen.findByText(/4301\*+0123/)).toBeVisible();
  expect(screen.queryByRole("button", { name: /重新请求/ })).toBeNull();
  await press(`开具电子专用发票: ${own.ORDER}_I1`);
  await press("确定");
  await waitFor(() =>
    expect(calls.find(({ method }) => method === "POST")?.body).toEqual({ kind: "electronic_special" }),
  );
});
