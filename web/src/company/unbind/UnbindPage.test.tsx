import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import { queryClient, SESSION } from "../../api/query";
import { type Call, backend, problem, show } from "../../testing/backend";
import { session } from "../../testing/fixtures";
import { sent } from "../../testing/fixtures-access";
import { UnbindPage } from "./UnbindPage";

const code = { ...sent("mail"), expires_at: "2999-01-01T00:00:00Z" };
const CONFIRM = `POST /api/unbindings/${code.code}/confirm`;
const asked = (calls: Call[]) => calls.filter(({ path }) => path === "/api/unbindings");

/** All that the tab remembers. */
const remembered = () => Object.values(sessionStorage).join();
/** By its text: to look by role and name takes seconds on a page with many fields. */
const press = (name: string) => fireEvent.click(screen.getByText(name, { selector: "button *" }));

function type(label: string, text: string) {
  fireEvent.change(screen.getByLabelText(label), { target: { value: text } });
}

function ask() {
  show(UnbindPage, "/unbind", "/unbind");
  type("邮箱", " li.lei@example.com ");
  type("联系人", "李雷");
  type("组织机构代码", "70846113-6");
  press("验证信息");
}

// covers: R29
test("at least three items, the mailbox among them, are asked for before anything is sent", async () => {
  const calls = backend({ "POST /api/unbindings": code });
  show(UnbindPage, "/unbind", "/unbind");
  for (const label of ["邮箱", "账号", "联系人", "组织机构代码", "手机号", "企业名称"]) {
    expect(screen.getByLabelText(label)).toBeVisible();
  }
  type("账号", "shili");
  type("联系人", "李雷");
  type("企业名称", "南京示例建设工程有限公司");
  press("验证信息");
  await waitFor(() => expect(screen.getByLabelText("邮箱")).toHaveAccessibleDescription(/请填写此项/));
  type("邮箱", "li.lei@example.com");
  type("联系人", " ");
  type("企业名称", "");
  press("验证信息");
  expect(await screen.findByText("请至少填写三项（含邮箱）")).toBeVisible();
  expect(asked(calls)).toHaveLength(0);
  type("联系人", "李雷");
  press("验证信息");
  expect(await screen.findByLabelText("邮箱验证码")).toBeVisible();
  const [request] = asked(calls);
  expect(request?.body).toEqual({
    mail: "li.lei@example.com",
    account: "shili",
    contact_name: "李雷",
    organisation_code: "",
    mobile: "",
    company_name: "",
    human: expect.stringMatching(/./) as string,
  });
});

test("that it is not enough can also be the server's word", async () => {
  backend({
    "POST /api/unbindings": problem("invalid_fields", 422, {
      errors: [{ field: "items", code: "not_enough", message: "填写的内容不足" }],
    }),
  });
  ask();
  expect(await screen.findByText("请至少填写三项（含邮箱）")).toBeVisible();
  expect(screen.getByLabelText("联系人")).toHaveValue("李雷");
});

// covers: R30
test("验证信息, the code of the mail, 解绑成功, and back to 账号登录", async () => {
  const calls = backend({ "POST /api/unbindings": code, [CONFIRM]: new Response(null, { status: 204 }) });
  ask();
  await screen.findByLabelText("邮箱验证码");
  expect(asked(calls)[0]?.body).toMatchObject({ mail: "li.lei@example.com", organisation_code: "708461136" });
  queryClient.setQueryData(SESSION, session);
  type("邮箱验证码", "１２３ ４５６");
  press("完成解绑");
  expect(await screen.findByRole("heading", { level: 1, name: "解绑成功" })).toBeVisible();
  expect(calls.at(-1)).toMatchObject({ path: `/api/unbindings/${code.code}/confirm`, body: { code: "123456" } });
  expect(screen.getByText(/全部登录均已退出/)).toBeVisible();
  expect(screen.getByText(/24 小时内不能修改联系方式/)).toBeVisible();
  expect(screen.getByRole("button", { name: "去账号登录" })).toBeVisible();
  expect(queryClient.getQueryData(SESSION)).toBeNull();
  expect(remembered()).not.toContain("li.lei");
});

test("the page looks the same whether the data fit or not, and says so", async () => {
  backend({ "POST /api/unbindings": code });
  ask();
  expect(await screen.findByText(/无论填写的信息是否正确，本页的显示都相同/)).toBeVisible();
  cleanup();
  sessionStorage.clear();
  show(UnbindPage, "/unbind", "/unbind");
  expect(screen.getByText(/无论填写的信息是否正确，本页的显示都相同/)).toBeVisible();
});

test("a wrong code is said at the field, and neither code nor data get lost by a reload", async () => {
  backend({ "POST /api/unbindings": code, [CONFIRM]: problem("code_wrong", 422, { title: "验证码不正确或已失效" }) });
  ask();
  await screen.findByLabelText("邮箱验证码");
  type("邮箱验证码", "000000");
  press("完成解绑");
  await waitFor(() => expect(screen.getByLabelText("邮箱验证码")).toHaveAccessibleDescription(/验证码不正确或已失效/));
  expect(remembered()).not.toContain("000000");
  cleanup();
  show(UnbindPage, "/unbind", "/unbind");
  expect(screen.getByLabelText("邮箱验证码")).toHaveValue("");
  press("返回修改信息");
  expect(screen.getByLabelText("联系人")).toHaveValue("李雷");
});

test("who has failed too often is told how long to wait", async () => {
  backend({ "POST /api/unbindings": problem("too_many_requests", 429, { retryAfter: 600 }) });
  ask();
  expect(await screen.findByText(/请等待 10 分钟后再试/)).toBeVisible();
  expect(screen.getByLabelText("邮箱")).toHaveValue("li.lei@example.com");
});

test("who has lost the mailbox finds the other road", () => {
  backend({});
  show(UnbindPage, "/unbind", "/unbind");
  expect(screen.getByRole("link", { name: "申请更换联系方式" })).toHaveAttribute("href", "/recover");
});
