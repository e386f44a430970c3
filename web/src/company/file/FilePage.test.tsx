import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { createMemoryRouter, Outlet, RouterProvider } from "react-router";
import { expect, test } from "vitest";

import { queryClient } from "../../api/query";
import type { CompanyFile } from "../../api/schema";
import { backend, problem, show } from "../../testing/backend";
import { session } from "../../testing/fixtures";
import { codes, file, ordinary, saved, special } from "../../testing/fixtures-file";
import { press, stored, type } from "../../testing/hands";
import { FilePage } from "./FilePage";

const GET = "GET /api/company";
const ID = "法定代表人身份证号";
const BASICS = "PUT /api/company/basics";

function open() {
  show(FilePage, "/company", "/company");
}

/** The file with other basics, as somebody else left it. */
function later(basics: Partial<CompanyFile["basics"]>, version = 9): CompanyFile {
  return file("approved", { version, basics: { ...file().basics, ...basics } });
}

// covers: R54
test("basic data are shown, edited, and confirmed", async () => {
  const calls = backend({ [GET]: file(), [BASICS]: later({ phone: "025-1" }, 8) });
  open();
  expect(await screen.findByText("3201**********002X")).toBeVisible();
  expect(screen.queryByLabelText("电话")).toBeNull();
  await press("编辑基本信息");
  expect(screen.getByLabelText("企业名称")).toHaveFocus();
  await type("电话", "025-1");
  await press("确认更新");
  expect(await screen.findByText("基本信息已更新。")).toBeVisible();
  expect(screen.getByText("025-1")).toBeVisible();
  const { name, credit_code, legal_representative, registered_address } = file().basics;
  expect(calls.find(({ method }) => method === "PUT")?.body).toEqual({
    version: 7,
    name,
    credit_code,
    legal_representative,
    registered_address,
    phone: "025-1",
  });
  expect(stored()).not.toContain("025-1");
});

test("a wrong credit code is told at the field before anything is sent, a wrong field of the answer too", async () => {
  const calls = backend({
    [GET]: file(),
    [BASICS]: problem("invalid_fields", 422, {
      errors: [{ field: "registered_address", code: "too_long", message: "内容太长" }],
    }),
  });
  open();
  await press("编辑基本信息");
  await type("统一社会信用代码", "91440300708461136A");
  await press("确认更新");
  await waitFor(() => expect(screen.getByLabelText("统一社会信用代码")).toHaveAccessibleDescription(/校验位不正确/));
  expect(calls.some(({ method }) => method === "PUT")).toBe(false);
  await type("统一社会信用代码", file().basics.credit_code);
  await type("注册地址", "很长");
  await press("确认更新");
  await waitFor(() => expect(screen.getByLabelText("注册地址")).toHaveAccessibleDescription(/内容太长/));
  expect(screen.getByLabelText("注册地址")).toHaveValue("很长");
});

// covers: R54
test("when somebody else was faster, what was typed stays and what they changed is shown", async () => {
  let now = file();
  const calls = backend({
    [GET]: () => now,
    [BASICS]: ({ body }) => {
      const { version, ...basics } = body as CompanyFile["basics"] & { version: number };
      return version < 9 ? problem("changed_meanwhile", 409) : later(basics, 10);
    },
  });
  open();
  await press("编辑基本信息");
  await type("电话", "025-2");
  await type("法定代表人", "陈平");
  now = later({ phone: "025-3", registered_address: "北京西路 1 号" });
  await press("确认更新");
  const told = await screen.findByRole("alert");
  expect(told).toHaveTextContent("电话：由“025-83200000”改为“025-3” (保留您填写的“025-2”)");
  expect(told).toHaveTextContent(/注册地址：.*“北京西路 1 号” \(已采用对方的内容\)/);
  expect(told).not.toHaveTextContent("法定代表人：");
  expect(screen.getByLabelText("电话")).toHaveValue("025-2");
  expect(screen.getByLabelText("法定代表人")).toHaveValue("陈平");
  expect(screen.getByLabelText("注册地址")).toHaveValue("北京西路 1 号");
  await press("确认更新");
  expect(await screen.findByText("基本信息已更新。")).toBeVisible();
  expect(calls.filter(({ method }) => method === "PUT").at(-1)?.body).toMatchObject({
    version: 9,
    phone: "025-2",
    legal_representative: "陈平",
    registered_address: "北京西路 1 号",
  });
});

test("what was typed is there after a reload, on top of what was changed meanwhile", async () => {
  let now = file();
  backend({ [GET]: () => now });
  open();
  await press("编辑基本信息");
  await type("电话", "025-2");
  await type(ID, "11010519491231002X");
  expect(stored()).not.toContain("1101051949");
  cleanup();
  now = later({ phone: "025-3" });
  open();
  expect(await screen.findByLabelText("电话")).toHaveValue("025-2");
  expect(screen.getByRole("alert")).toHaveTextContent("025-3");
});

test("an ID number needs an agreement of its own; left empty it stays as it is", async () => {
  const calls = backend({ [GET]: file(), [BASICS]: file("approved", { version: 8 }) });
  open();
  await press("编辑基本信息");
  const number = screen.getByLabelText(ID);
  expect(number).toHaveValue("");
  expect(screen.queryByLabelText(/单独同意/)).toBeNull();
  await type(ID, "110105194912310021");
  fireEvent.blur(number);
  await waitFor(() => expect(number).toHaveAccessibleDescription(/18 位居民身份证号/));
  await type(ID, "11010519491231002x");
  const agreement = await screen.findByLabelText(/单独同意/);
  await press("确认更新");
  expect(await screen.findByText("填写身份证号需要勾选同意")).toBeVisible();
  expect(calls.some(({ method }) => method === "PUT")).toBe(false);
  fireEvent.click(agreement);
  await press("确认更新");
  await screen.findByText("基本信息已更新。");
  expect(calls.find(({ method }) => method === "PUT")?.body).toMatchObject({
    legal_representative_id: "11010519491231002X",
    consent: "2026-11",
  });
});

// covers: R2
test("another name or code warns that the review starts anew, and leads there", async () => {
  backend({ [GET]: file(), [BASICS]: file("open", { version: 8 }) });
  open();
  await press("编辑基本信息");
  expect(screen.queryByText(/需要重新提交和审核/)).toBeNull();
  await type("企业名称", "南京新名工程有限公司");
  expect(await screen.findByText(/需要重新提交和审核/)).toBeVisible();
  await press("确认更新");
  expect(await screen.findByText(/请重新提交企业资料审核/)).toBeVisible();
  expect(screen.getByRole("link", { name: "去提交企业资料" })).toHaveAttribute("href", "/company/qualification");
});

// covers: R56
test("a contact that did not change needs no saving", async () => {
  const calls = backend({ [GET]: file() });
  open();
  expect(await screen.findByText(/没有变更时无需修改/)).toBeVisible();
  await press("编辑联系人");
  await press("确认更新");
  expect(await screen.findByText("内容没有变化，无需更新。")).toBeVisible();
  expect(calls.every(({ method }) => method === "GET")).toBe(true);
});

// covers: R56
test("a new mobile number and mailbox prove themselves by code, and the old ones are told", async () => {
  const contact = { name: "李雷", mobile: "13900139000", mail: "new@example.com" };
  let tries = 0;
  const calls = backend({
    [GET]: file(),
    "POST /api/company/contact": codes,
    [`POST /api/company/contact/${String(codes.change)}/confirm`]: () => {
      tries += 1;
      return tries === 1 ? problem("code_wrong", 422) : file("approved", { version: 8, contact });
    },
  });
  open();
  await press("编辑联系人");
  await type("手机号", "139");
  await press("确认更新");
  await waitFor(() => expect(screen.getByLabelText("手机号")).toHaveAccessibleDescription(/11 位/));
  await type("手机号", contact.mobile);
  await type("电子邮箱", contact.mail);
  await press("确认更新");
  expect(await screen.findByText(/139\*{4}9000/)).toBeVisible();
  expect(calls.find(({ method }) => method === "POST")?.body).toEqual({ version: 7, contact });
  cleanup();
  // A reload in between does not lose the change that waits.
  open();
  await type("新手机号收到的验证码", "123456");
  await type("新邮箱收到的验证码", "654321");
  await press("确认更新");
  expect(await screen.findByText(/REQ1/)).toBeVisible();
  expect(screen.getByLabelText("新手机号收到的验证码")).toHaveValue("123456");
  await press("确认更新");
  expect(await screen.findByText(/联系人已更新，原联系方式会收到变更通知/)).toBeVisible();
  expect(calls.at(-1)?.method).toBe("POST");
  expect(calls.at(-1)?.body).toEqual({ mobile_code: "123456", mail_code: "654321" });
  expect(stored()).not.toContain("123456");
});

test("the contact is frozen after an unbinding, and the page says until when", async () => {
  backend({ [GET]: file("approved", { frozen_until: "2999-01-01T04:00:00Z" }) });
  open();
  expect(await screen.findByText(/2999\/01\/01 12:00 后可以修改/)).toBeVisible();
  expect(screen.getByRole("button", { name: "编辑联系人" })).toBeDisabled();
});

// covers: R55
test("a title for special invoices asks for bank, account, address and telephone, and is saved with 完善", async () => {
  const path = "POST /api/company/invoice-titles";
  const calls = backend({ [GET]: file("approved", { invoice_titles: [] }), [path]: file() });
  open();
  await press("添加发票信息");
  expect(screen.getByLabelText("发票抬头")).toHaveValue(session.company_name);
  expect(screen.getByLabelText("纳税人识别号")).toHaveValue(session.credit_code);
  expect(screen.queryByLabelText("开户银行")).toBeNull();
  fireEvent.click(screen.getByLabelText("增值税专用发票", { selector: "input" }));
  await press("完善");
  for (const label of ["开户银行", "银行账号", "注册地址", "注册电话"]) {
    await waitFor(() => expect(screen.getByLabelText(label)).toHaveAccessibleDescription(/请填写此项/));
  }
  expect(calls.some(({ method }) => method === "POST")).toBe(false);
  await type("开户银行", special.bank);
  await type("银行账号", "4301 0123 4567 8900");
  await type("注册地址", special.address);
  await type("注册电话", special.phone);
  expect(stored()).not.toContain("4301 0123");
  await press("完善");
  expect(await screen.findByText("发票信息已保存。")).toBeVisible();
  expect(calls.find(({ method }) => method === "POST")?.body).toEqual({
    version: 7,
    kind: "special",
    title: session.company_name,
    tax_number: session.credit_code,
    bank: special.bank,
    bank_account: "4301012345678900",
    address: special.address,
    phone: special.phone,
    mail: "",
    is_default: true,
  });
});

test("a stored bank account is shown masked and stays when its field is left empty", async () => {
  const calls = backend({ [GET]: file(), [`PUT /api/company/invoice-titles/${special.id}`]: file() });
  open();
  await press(`编辑发票信息 ${special.title}`);
  expect(screen.getByLabelText("银行账号")).toHaveValue("");
  expect(screen.getByLabelText("银行账号")).toHaveAccessibleDescription(/4301\*+0123；留空则保持不变/);
  await type("开户银行", "南京银行");
  await press("完善");
  await screen.findByText("发票信息已保存。");
  const body = calls.find(({ method }) => method === "PUT")?.body;
  expect(body).toMatchObject({ bank: "南京银行" });
  expect(body).not.toHaveProperty("bank_account");
});

test("a title that somebody deleted meanwhile is added anew, with what was typed", async () => {
  let now = file();
  const calls = backend({
    [GET]: () => now,
    [`PUT /api/company/invoice-titles/${ordinary.id}`]: problem("changed_meanwhile", 409),
    "POST /api/company/invoice-titles": file("approved", { version: 9 }),
  });
  open();
  await press(`编辑发票信息 ${ordinary.title}`);
  await type("电子发票邮箱", "other@example.com");
  now = file("approved", { version: 8, invoice_titles: [special] });
  await press("完善");
  expect(await screen.findByText(/已被其他人删除/)).toBeVisible();
  expect(screen.getByLabelText("电子发票邮箱")).toHaveValue("other@example.com");
  await press("完善");
  await screen.findByText("发票信息已保存。");
  expect(calls.find(({ method }) => method === "POST")?.body).toMatchObject({ version: 8, mail: "other@example.com" });
});

test("an address is added, made the default and deleted, each on the version that was seen", async () => {
  const other = { ...saved, id: "ad_2", is_default: false, address: { ...saved.address, name: "韩梅" } };
  const calls = backend({
    [GET]: file("approved", { addresses: [saved, other] }),
    "PUT /api/company/addresses/ad_2": file("approved", {
      version: 8,
      addresses: [
        { ...saved, is_default: false },
        { ...other, is_default: true },
      ],
    }),
    [`DELETE /api/company/addresses/${saved.id}`]: file("approved", { version: 9, addresses: [other] }),
    "POST /api/company/addresses": file("approved", { version: 10, addresses: [other] }),
  });
  open();
  await press("设为默认：韩梅");
  expect(await screen.findByText("已设为默认。")).toBeVisible();
  await press("删除: 李雷");
  await press("确定");
  expect(await screen.findByText("收货地址已删除。")).toBeVisible();
  expect(calls.find(({ method }) => method === "DELETE")?.search).toBe("?version=8");
  await press("添加收货地址");
  for (const label of ["省份", "城市", "区县", "详细地址"]) {
    await type(label, "江苏");
  }
  await press("确认更新");
  expect(await screen.findByText("收货地址已保存。")).toBeVisible();
  expect(calls.at(-1)?.body).toMatchObject({ version: 9, is_default: false, address: { name: "李雷", city: "江苏" } });
});

test("a limited session sees the file, changes nothing, and finds the way out", async () => {
  queryClient.clear();
  backend({ [GET]: file() });
  const router = createMemoryRouter(
    [
      {
        element: <Outlet context={{ ...session, level: "limited" }} />,
        children: [{ path: "/company", Component: FilePage }],
      },
    ],
    { initialEntries: ["/company"] },
  );
  render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  const basics = await screen.findByRole("region", { name: "基本信息" });
  expect(within(basics).getByText(session.company_name)).toBeVisible();
  expect(screen.queryByRole("button")).toBeNull();
  expect(screen.getByRole("link", { name: "办理证书解绑" })).toHaveAttribute("href", "/unbind");
});
