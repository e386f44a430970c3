import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";

import { backend, type Call, problem, show } from "../../testing/backend";
import { session } from "../../testing/fixtures";
import { registration, sent } from "../../testing/fixtures-access";
import { CounterRegisterPage, RegisterPage } from "./RegisterPage";

const SECRET = "a sentence to remember";
const CONFIRM = `POST /api/registrations/${registration.registration}/confirm`;
const RESEND = `POST /api/registrations/${registration.registration}/code`;
const FORM = [
  ["企业名称", session.company_name],
  ["统一社会信用代码", session.credit_code.toLowerCase()],
  ["联系人姓名", "李雷"],
  ["手机号", "13800138000"],
  ["电子邮箱", "li.lei@example.com"],
  ["密码", SECRET],
  ["再次输入密码", SECRET],
] as const;

beforeEach(() => {
  // The codes of the fixtures are of this day.
  vi.useFakeTimers({ now: Date.parse("2026-11-22T02:35:00Z"), shouldAdvanceTime: true });
  return () => vi.useRealTimers();
});

const user = () => userEvent.setup({ advanceTimers: (ms) => vi.advanceTimersByTime(ms) });
const press = (name: string | RegExp) => user().click(screen.getByRole("button", { name }));
const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
const to = (calls: Call[], what: string) => calls.filter(({ method, path }) => `${method} ${path}` === what);

function fill(...more: (readonly [string, string])[]) {
  for (const [label, value] of [...FORM, ...more]) {
    type(label, value);
  }
}

async function register() {
  fill(["账号名", "shili"]);
  await press("注册");
  await screen.findByLabelText("验证码");
}

// covers: R51
test("a company is registered when its mobile number is confirmed, and then hands in its papers", async () => {
  const calls = backend({
    "POST /api/registrations": registration,
    [CONFIRM]: Response.json(session, { status: 201 }),
  });
  const router = show(RegisterPage, "/register", "/register");
  await register();
  expect(to(calls, "POST /api/registrations")[0]?.body).toMatchObject({
    storefront: "mall",
    account: "shili",
    company_name: session.company_name,
    credit_code: session.credit_code,
    contact: { name: "李雷", mobile: "13800138000", mail: "li.lei@example.com" },
  });
  expect(screen.getByLabelText("验证码")).toHaveAccessibleDescription(/短信已发送至 138\*\*\*\*8000/);
  type("验证码", "123456");
  await press("确认并完成注册");
  expect(await screen.findByText("注册成功，您已登录")).toBeVisible();
  expect(to(calls, CONFIRM)[0]?.body).toEqual({ code: "123456" });
  expect(sessionStorage).toHaveLength(0);
  await press("去提交企业资料");
  expect(router.state.location.pathname).toBe("/company/qualification");
});

// covers: R51
test("only a mobile number is taken: it must receive text messages", async () => {
  const calls = backend({ "POST /api/registrations": registration });
  show(RegisterPage, "/register", "/register");
  expect(screen.getByLabelText("手机号")).toHaveAccessibleDescription(/只能填写手机号/);
  for (const landline of ["02583215678", "4008001234"]) {
    fill(["账号名", "shili"], ["手机号", landline]);
    await press("注册");
    await waitFor(() => expect(screen.getByLabelText("手机号")).toHaveAccessibleDescription(/11 位中国大陆手机号/));
  }
  expect(to(calls, "POST /api/registrations")).toHaveLength(0);
});

// covers: R50
test("in the other storefront the company's full name is the login name: there is no account name", async () => {
  const calls = backend({ "POST /api/registrations": registration, [CONFIRM]: session });
  const router = show(CounterRegisterPage, "/counter/register", "/counter/register?next=%2Forders");
  expect(screen.queryByLabelText("账号名")).toBeNull();
  expect(screen.getByLabelText("企业名称")).toHaveAccessibleDescription(/企业全称，登录时作为登录名使用/);
  fill();
  await press("注册");
  await screen.findByLabelText("验证码");
  expect(to(calls, "POST /api/registrations")[0]?.body).toMatchObject({ storefront: "counter", account: null });
  type("验证码", "123456");
  await press("确认并完成注册");
  // No gate there: no papers to hand in first.
  await waitFor(() => expect(router.state.location.pathname).toBe("/orders"));
});

test("wrong fields are shown at the fields, and nothing typed is lost", async () => {
  backend({
    "POST /api/registrations": () =>
      problem("invalid_fields", 422, {
        errors: [
          { field: "password", code: "weak_password", message: "密码过于常见" },
          { field: "storefront", code: "invalid", message: "格式不正确" },
        ],
      }),
  });
  show(RegisterPage, "/register", "/register");
  fill(["账号名", "shili"]);
  await press("注册");
  await waitFor(() => expect(screen.getByLabelText("密码")).toHaveAccessibleDescription(/密码过于常见/));
  expect(screen.getByRole("alert")).toHaveTextContent("storefront: 格式不正确");
  expect(screen.getByLabelText("企业名称")).toHaveValue(session.company_name);
});

test("back from the code everything is there, the password too, but never in storage", async () => {
  backend({ "POST /api/registrations": registration });
  show(RegisterPage, "/register", "/register");
  await register();
  await press("返回修改");
  for (const [label, value] of FORM) {
    expect(screen.getByLabelText(label)).toHaveValue(value);
  }
  expect(JSON.stringify(Object.entries(sessionStorage))).not.toContain(SECRET);
});

test("who reloads while looking for the message goes on with the code", async () => {
  const calls = backend({ "POST /api/registrations": registration, [CONFIRM]: session });
  show(RegisterPage, "/register", "/register");
  await register();
  cleanup();
  show(RegisterPage, "/register", "/register");
  type("验证码", "123456");
  await press("确认并完成注册");
  expect(await screen.findByText("注册成功，您已登录")).toBeVisible();
  expect(to(calls, "POST /api/registrations")).toHaveLength(1);
});

test("a wrong code is said at the field; another one is sent after a minute with a human check of its own", async () => {
  const calls = backend({
    "POST /api/registrations": registration,
    [CONFIRM]: () => problem("code_wrong", 422),
    [RESEND]: () => Response.json({ ...sent(), code: "od_2" }, { status: 202 }),
  });
  show(RegisterPage, "/register", "/register");
  await register();
  type("验证码", "000000");
  await press("确认并完成注册");
  await waitFor(() => expect(screen.getByLabelText("验证码")).toHaveAccessibleDescription(/code_wrong/));
  expect(screen.getByRole("alert")).toHaveTextContent("REQ1");
  expect(screen.getByRole("button", { name: /秒后可重新发送/ })).toBeDisabled();
  const checks = to(calls, "GET /api/challenge").length;
  await vi.advanceTimersByTimeAsync(61_000);
  await press("重新发送");
  await waitFor(() => expect(screen.getByRole("button", { name: /秒后可重新发送/ })).toBeDisabled());
  expect((to(calls, RESEND)[0]?.body as { human: string }).human).not.toBe("");
  expect(to(calls, "GET /api/challenge")).toHaveLength(checks + 1);
  expect(screen.getByLabelText("验证码")).toHaveValue("");
  expect(screen.queryByRole("alert")).toBeNull();
});

test("an account name taken in the meantime leads back to the form and is said at the field", async () => {
  backend({ "POST /api/registrations": registration, [CONFIRM]: () => problem("account_taken", 409) });
  show(RegisterPage, "/register", "/register");
  await register();
  type("验证码", "123456");
  await press("确认并完成注册");
  await waitFor(() => expect(screen.getByLabelText("账号名")).toHaveAccessibleDescription(/account_taken/));
  expect(screen.getByLabelText("账号名")).toHaveValue("shili");
  expect(screen.getByLabelText("密码")).toHaveValue(SECRET);
});
