import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";

import { backend, type Call, problem, show } from "../../testing/backend";
import { session } from "../../testing/fixtures";
import { sent } from "../../testing/fixtures-access";
import { CounterForgotPage, ForgotPage } from "./ForgotPage";

const ASK = "POST /api/password-resets";
const SET = `POST /api/password-resets/${sent().code}/confirm`;
const SECRET = "another sentence to remember";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-22T02:35:00Z"), shouldAdvanceTime: true });
  return () => vi.useRealTimers();
});

const press = (name: string | RegExp) =>
  userEvent.setup({ advanceTimers: (ms) => vi.advanceTimersByTime(ms) }).click(screen.getByRole("button", { name }));
const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
const to = (calls: Call[], what: string) => calls.filter(({ method, path }) => `${method} ${path}` === what);
const accepted = () => Response.json(sent(), { status: 202 });
const nothing = () => new Response(null, { status: 204 });

async function ask() {
  type("企业名称", session.company_name);
  type("注册的手机号", "13800138000");
  await press("获取验证码");
  await screen.findByLabelText("验证码");
}

// covers: R53
test("name and registered mobile number, a code by text message, a new password", async () => {
  const calls = backend({ [ASK]: accepted, [SET]: nothing });
  const router = show(ForgotPage, "/forgot", "/forgot");
  await ask();
  expect(to(calls, ASK)[0]?.body).toMatchObject({ company_name: session.company_name, mobile: "13800138000" });
  // The same for companies that do not exist: nothing on the page claims that a message was sent.
  expect(screen.getByLabelText("验证码")).toHaveAccessibleDescription(/如果填写的信息与登记的一致/);
  type("验证码", "123456");
  type("新密码", SECRET);
  type("再次输入密码", SECRET);
  await press("设置新密码");
  expect(await screen.findByText("新密码已设置")).toBeVisible();
  expect(to(calls, SET)[0]?.body).toEqual({ code: "123456", password: SECRET });
  expect(sessionStorage).toHaveLength(0);
  await press("去登录");
  expect(router.state.location.pathname).toBe("/login");
});

test("a wrong code and a weak password are said at their fields; what was typed stays", async () => {
  let tries = 0;
  backend({
    [ASK]: accepted,
    [SET]: () => {
      tries += 1;
      return tries === 1
        ? problem("code_wrong", 422)
        : problem("invalid_fields", 422, {
            errors: [{ field: "password", code: "weak_password", message: "密码过于常见" }],
          });
    },
  });
  show(ForgotPage, "/forgot", "/forgot");
  await ask();
  type("验证码", "000000");
  type("新密码", "123456789");
  type("再次输入密码", "1234567890");
  await press("设置新密码");
  await waitFor(() => expect(screen.getByLabelText("新密码")).toHaveAccessibleDescription(/至少需要 10 个字符/));
  expect(screen.getByLabelText("再次输入密码")).toHaveAccessibleDescription(/不一致/);
  type("新密码", "1234567890");
  await press("设置新密码");
  await waitFor(() => expect(screen.getByLabelText("验证码")).toHaveAccessibleDescription(/code_wrong/));
  type("验证码", "123456");
  await press("设置新密码");
  await waitFor(() => expect(screen.getByLabelText("新密码")).toHaveAccessibleDescription(/密码过于常见/));
  expect(screen.getByLabelText("验证码")).toHaveValue("123456");
});

test("another code comes for the same entries; the new password typed meanwhile stays", async () => {
  const calls = backend({ [ASK]: accepted });
  show(ForgotPage, "/forgot", "/forgot");
  await ask();
  type("新密码", SECRET);
  await vi.advanceTimersByTimeAsync(61_000);
  await press("重新发送");
  await waitFor(() => expect(to(calls, ASK)).toHaveLength(2));
  expect(to(calls, ASK)[1]?.body).toMatchObject({ company_name: session.company_name, mobile: "13800138000" });
  expect(screen.getByLabelText("新密码")).toHaveValue(SECRET);
});

test("whoever asks too often is told how long to wait, with everything kept", async () => {
  backend({ [ASK]: () => problem("too_many_requests", 429, { retryAfter: 600 }) });
  show(CounterForgotPage, "/counter/forgot", "/counter/forgot");
  type("企业名称", session.company_name);
  type("注册的手机号", "13800138000");
  await press("获取验证码");
  expect(await screen.findByRole("alert")).toHaveTextContent("请等待 10 分钟后再试");
  expect(screen.getByLabelText("企业名称")).toHaveValue(session.company_name);
  expect(screen.getByRole("link", { name: "去登录" })).toHaveAttribute("href", "/counter/login");
});
