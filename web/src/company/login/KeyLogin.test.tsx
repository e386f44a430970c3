import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { queryClient } from "../../api/query";
import { backend, type Call, problem, show } from "../../testing/backend";
import { session } from "../../testing/fixtures";
import { bound } from "../../testing/fixtures-access";
import * as agent from "../../testing/fixtures-agent";
import { press } from "../../testing/hands";
import { KeyLoginPage } from "./KeyLoginPage";
import { LoginPage } from "./LoginPage";

const BEGIN = "POST /api/session/key-login";
const ENTER = "POST /api/session/key";
const nobody = { "GET /api/session": () => problem("login_required", 401) };
const to = (calls: Call[], what: string) => calls.filter(({ method, path }) => `${method} ${path}` === what);

afterEach(() => vi.useRealTimers());

const soon = () => ({
  ...agent.loggingIn,
  operation: { ...agent.loggingIn.operation, expires_at: new Date(Date.now() + 600_000).toISOString() },
});

// covers: R27
test("the login page opens the agent, says where it goes on, and never asks whether it is done", async () => {
  const calls = backend({ ...nobody, [BEGIN]: soon });
  show(LoginPage, "/login", "/login?next=%2Forders");
  await press("用密钥登录");
  const link = await screen.findByRole("link", { name: "打开密钥助手" });
  expect(link).toHaveAttribute("href", agent.ADDRESS);
  expect(link).toHaveAttribute("target", "_blank");
  expect(link).toHaveAttribute("rel", "noopener noreferrer");
  expect(to(calls, BEGIN)).toHaveLength(1);
  fireEvent.click(link);
  expect(await screen.findByText(/本页不会自动登录/)).toBeVisible();
  expect(screen.getByRole("link", { name: "已安装？点此启动" })).toHaveAttribute("href", "sealkey-agent:");
  expect(calls.filter(({ path }) => path.startsWith("/api/operations"))).toHaveLength(0);
});

test("who comes back from the window in which they logged in goes on where they were", async () => {
  let isIn = false;
  backend({ "GET /api/session": () => (isIn ? session : problem("login_required", 401)), [BEGIN]: soon });
  const router = show(LoginPage, "/login", "/login?next=%2Forders&by=key");
  fireEvent.click(await screen.findByRole("link", { name: "打开密钥助手" }));
  isIn = true;
  fireEvent(globalThis.window, new Event("focus"));
  await waitFor(() => expect(router.state.location.pathname).toBe("/orders"));
});

test("a link that has expired gives way to a new one, and the password is still there", async () => {
  const old = { ...agent.loggingIn, operation: { ...agent.loggingIn.operation, expired: true } };
  const answers: object[] = [old];
  const calls = backend({
    ...nobody,
    [BEGIN]: () => answers.shift() ?? { ...soon(), operation: { ...soon().operation, id: "op_2" } },
  });
  show(LoginPage, "/login", "/login?by=key");
  expect(await screen.findByText("链接已过期")).toBeVisible();
  expect(screen.queryByRole("link", { name: /打开密钥助手/ })).toBeNull();
  await press("重新获取链接");
  await screen.findByRole("link", { name: "打开密钥助手" });
  expect(to(calls, BEGIN)).toHaveLength(2);
  await press("改用密码登录");
  await screen.findByLabelText("密码");
});

test("a ticket that is refused says why, and is asked for again", async () => {
  const answers = [problem("unavailable", 503)];
  backend({ ...nobody, [BEGIN]: () => answers.shift() ?? soon() });
  show(LoginPage, "/login", "/login?by=key");
  expect(await screen.findByRole("alert")).toHaveTextContent("REQ1");
  await press("重试");
  await screen.findByRole("link", { name: "打开密钥助手" });
});

// covers: R27
test("for a company that is bound to a key, the key is the first choice", async () => {
  backend({ ...nobody, "POST /api/session": bound, [BEGIN]: soon });
  show(LoginPage, "/login", "/login");
  fireEvent.change(await screen.findByLabelText("账号名或企业名称"), { target: { value: "shili" } });
  fireEvent.change(screen.getByLabelText("密码"), { target: { value: "a sentence to remember" } });
  await press("登录");
  const [first, second] = [
    await screen.findByRole("region", { name: "密钥登录" }),
    screen.getByRole("region", { name: "短信验证码登录" }),
  ];
  expect(first.compareDocumentPosition(second)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
  expect(within(first).getByRole("button").className).toContain("primary");
  await press("用密钥登录");
  await screen.findByRole("link", { name: "打开密钥助手" });
});

const open = (fragment: string) => show(KeyLoginPage, "/login/key", `/login/key${fragment}`);

test("the window that the agent sends back becomes logged in, once, and the code leaves the address", async () => {
  let answer: (view: object) => void = () => undefined;
  const calls = backend({ [ENTER]: () => new Promise<object>((resolve) => (answer = resolve)) });
  const router = open(`#${agent.OPERATION}.aB-9_x`);
  await waitFor(() => expect(to(calls, ENTER)).toHaveLength(1));
  expect(router.state.location.hash).toBe("");
  expect(to(calls, ENTER)[0]?.body).toEqual({ operation: agent.OPERATION, code: "aB-9_x" });
  answer({ ...session, storefront: "counter" });
  await waitFor(() => expect(router.state.location.pathname).toBe("/counter"));
  expect(queryClient.getQueryData(["session"])).toMatchObject({ user: session.user });
  expect(to(calls, ENTER)).toHaveLength(1);
  expect(JSON.stringify([Object.entries(sessionStorage), Object.entries(localStorage)])).not.toContain("aB-9_x");
});

test.each(["code_wrong", "login_required", "not_found"] as const)(
  "%s: the same browser, and the way back",
  async (code) => {
    backend({ [ENTER]: problem(code, 422) });
    const router = open(`#${agent.OPERATION}.abc`);
    expect(await screen.findByText(/请在发起登录的同一浏览器中完成/)).toBeVisible();
    expect(screen.getByText(/如果登录不是您自己发起的/)).toBeVisible();
    await press("重新发起密钥登录");
    await waitFor(() => expect(router.state.location.pathname + router.state.location.search).toBe("/login?by=key"));
  },
);

test("a lost connection is no refusal: it can be tried again", async () => {
  const answers = [problem("unavailable", 503)];
  backend({ [ENTER]: () => answers.shift() ?? session });
  const router = open(`#${agent.OPERATION}.abc`);
  await press("重试");
  await waitFor(() => expect(router.state.location.pathname).toBe("/"));
});

test.each(["", "#", "#abc", "#a.b.c", "#<script>.x", `#${agent.OPERATION}.`])("%j sends nothing", async (fragment) => {
  const calls = backend({ [ENTER]: session });
  open(fragment);
  expect(await screen.findByText("这个页面由密钥助手打开")).toBeVisible();
  expect(to(calls, ENTER)).toHaveLength(0);
});
