import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import { backend, problem, show } from "../../testing/backend";
import { staff } from "../../testing/fixtures";
import { LoginPage } from "./LoginPage";

const open = () => show(LoginPage, "/console/login", "/console/login");

function type(label: string, text: string) {
  fireEvent.change(screen.getByLabelText(label), { target: { value: text } });
}

function login(code: string) {
  type("工作邮箱", "han.meimei@sealkey.example");
  type("密码", "a quiet sentence");
  type("动态验证码", code);
  fireEvent.click(screen.getByRole("button", { name: "登录" }));
}

test("mail, password and the digits of the second factor go together", async () => {
  const calls = backend({ "POST /api/console/session": staff("reviewer") });
  const router = open();
  await screen.findByLabelText("动态验证码");
  expect(screen.getByLabelText("动态验证码")).toHaveAttribute("autocomplete", "one-time-code");
  expect(screen.getByLabelText("动态验证码")).toHaveAttribute("inputmode", "numeric");
  login("123 456");
  await waitFor(() => expect(router.state.location.pathname).toBe("/console"));
  expect(calls.find(({ method }) => method === "POST")?.body).toEqual({
    mail: "han.meimei@sealkey.example",
    password: "a quiet sentence",
    code: "123456",
  });
});

test("fewer than six digits are not sent", async () => {
  const calls = backend({});
  open();
  await screen.findByLabelText("动态验证码");
  login("12345");
  await waitFor(() => expect(screen.getByLabelText("动态验证码")).toHaveAccessibleDescription(/请输入 6 位数字/));
  expect(calls.some(({ method }) => method === "POST")).toBe(false);
});

test("after a failure only the digits are typed again", async () => {
  backend({ "POST /api/console/session": problem("login_failed", 401) });
  open();
  await screen.findByLabelText("动态验证码");
  login("123456");
  await screen.findByText("login_failed");
  expect(screen.getByLabelText("动态验证码")).toHaveValue("");
  expect(screen.getByLabelText("密码")).toHaveValue("a quiet sentence");
});

test("who has failed too often is told how long to wait", async () => {
  backend({ "POST /api/console/session": problem("too_many_requests", 429, { retryAfter: 600 }) });
  open();
  await screen.findByLabelText("动态验证码");
  login("123456");
  expect(await screen.findByText(/请等待 10 分钟后再试/)).toBeVisible();
});
