import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { backend, problem, show } from "../../testing/backend";
import { session } from "../../testing/fixtures";
import { file, special } from "../../testing/fixtures-file";
import * as own from "../../testing/fixtures-invoices";
import { press } from "../../testing/hands";
import { InvoicePage, InvoicesPage } from "./InvoicesPage";

const base = { "GET /api/session": session };
const path = `/api/orders/${own.ORDER}/invoices/1`;

test("every issued invoice stands in the list with number, sum and how it stands, and a double click opens it", async () => {
  backend({ ...base, "GET /api/invoices": own.all });
  const router = show(InvoicesPage, "/invoices", "/invoices");
  const rows = await screen.findAllByRole("listitem");
  expect(rows).toHaveLength(3);
  expect(rows[0]).toHaveTextContent("¥680.50");
  expect(rows[1]).toHaveTextContent("已红冲");
  const number = within(rows[0] ?? document.body).getByRole("link");
  expect(number).toHaveAttribute("href", "/invoices/202611201502260917/1");
  fireEvent.doubleClick(rows[0] ?? document.body);
  expect(await screen.findByText("elsewhere")).toBeVisible();
  expect(router.state.location.pathname).toBe("/invoices/202611201502260917/1");
});

test("its files open in a window of their own, and it is mailed once more", async () => {
  const tab = { opener: {}, location: { href: "" }, close: vi.fn() };
  vi.stubGlobal(
    "open",
    vi.fn(() => tab),
  );
  const calls = backend({
    ...base,
    [`GET ${path}`]: own.invoice(),
    [`GET ${path}/files/ofd`]: { url: "https://files.example/1.ofd" },
    [`POST ${path}/mail`]: own.invoice("issued", { mailed_at: "2026-11-21T02:00:00Z" }),
  });
  show(InvoicePage, "/invoices/:order/:invoice", `/invoices/${own.ORDER}/1`);
  await press("下载 OFD");
  await waitFor(() => expect(tab.location.href).toBe("https://files.example/1.ofd"));
  expect(tab.opener).toBeNull();
  await press("重新发送到邮箱");
  await waitFor(() => expect(calls.some(({ method }) => method === "POST")).toBe(true));
  vi.unstubAllGlobals();
});

test("a title that nobody knows is mended by choosing another one, and the way to the file stands there", async () => {
  const calls = backend({
    ...base,
    "GET /api/company": file(),
    [`GET ${path}`]: own.invoice("title_wanted"),
    [`PUT ${path}/title`]: own.invoice("under_way"),
  });
  show(InvoicePage, "/invoices/:order/:invoice", `/invoices/${own.ORDER}/1`);
  expect(await screen.findByText(/税务平台查不到该抬头/)).toBeVisible();
  await press("修改抬头");
  const dialog = await screen.findByRole("dialog");
  expect(within(dialog).getByRole("link", { name: "打开企业信息" })).toHaveAttribute("href", "/company");
  expect(within(dialog).getByRole("button", { name: "按此抬头开具" })).toBeDisabled();
  fireEvent.click(await within(dialog).findByLabelText(new RegExp(special.title)));
  await press("按此抬头开具");
  await waitFor(() => expect(calls.find(({ method }) => method === "PUT")?.body).toEqual({ title: special.id }));
});

test("a file that cannot be had closes its window and says so", async () => {
  const tab = { opener: {}, location: { href: "" }, close: vi.fn() };
  vi.stubGlobal(
    "open",
    vi.fn(() => tab),
  );
  backend({ ...base, [`GET ${path}`]: own.invoice(), [`GET ${path}/files/pdf`]: () => problem("unavailable", 503) });
  show(InvoicePage, "/invoices/:order/:invoice", `/invoices/${own.ORDER}/1`);
  await press("下载 PDF");
  expect(await screen.findByRole("alert")).toBeVisible();
  expect(tab.close).toHaveBeenCalled();
  vi.unstubAllGlobals();
});
