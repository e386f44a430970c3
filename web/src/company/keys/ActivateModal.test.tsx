import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import type { OperationView } from "../../api/schema";
import { backend, type Call, problem, show } from "../../testing/backend";
import { sent } from "../../testing/fixtures-access";
import * as agent from "../../testing/fixtures-agent";
import * as fixture from "../../testing/fixtures-ordering";
import { press, stored, type } from "../../testing/hands";
import { KeysPage } from "./KeysPage";

const { newKey } = agent;
const one = `/api/operations/${agent.OPERATION}`;
const to = (calls: Call[], what: string) => calls.filter(({ method, path }) => `${method} ${path}` === what);
const open = (search = "") => show(KeysPage, "/keys", `/keys${search}`);

function cloud(more: Record<string, object> = {}, view: OperationView = agent.activating) {
  return backend({
    "GET /api/keys": { keys: [fixture.soon], to_activate: [newKey] },
    "POST /api/activations": sent(),
    "POST /api/operations": agent.activation,
    [`GET ${one}`]: view,
    [`DELETE ${one}`]: agent.givenUp,
    ...more,
  });
}

/** As far as the code. */
async function askCode() {
  await press(`启用 ${newKey.serial}`);
  await type("登录密码", "a sentence to remember");
  await press("获取验证码");
  await screen.findByLabelText("验证码");
}

test("a key that was handed over waits to be activated, and says which one it is", async () => {
  cloud();
  open();
  const card = await screen.findByRole("region", { name: `密钥 ${newKey.serial}` });
  expect(card).toHaveTextContent(/待启用.*介质BJCA 介质订单202611210935190042密钥第 1 个密钥/);
  expect(within(card).getByRole("link")).toHaveAttribute("href", `/orders/${newKey.order}`);
  expect(within(card).queryByRole("button", { name: /挂失|检测|修改/ })).toBeNull();
});

test("without a list of new keys the page is as it was", async () => {
  cloud({ "GET /api/keys": { keys: [] } });
  open();
  expect(await screen.findByText(/还没有已启用的密钥/)).toBeVisible();
});

test("password, code, then the agent: the PIN is asked for nowhere here", async () => {
  const calls = cloud();
  const router = open();
  await askCode();
  expect(to(calls, "POST /api/activations")[0]?.body).toEqual({ password: "a sentence to remember" });
  expect(to(calls, "POST /api/operations")).toHaveLength(0);
  await type("验证码", "12345");
  await press("下一步");
  await waitFor(() => expect(screen.getByLabelText("验证码")).toHaveAccessibleDescription(/请输入 6 位数字验证码/));
  await type("验证码", "123456");
  await press("下一步");
  const link = await screen.findByRole("link", { name: "打开密钥助手" });
  expect(link).toHaveAttribute("href", agent.ADDRESS);
  expect(to(calls, "POST /api/operations").map(({ body }) => body)).toEqual([
    { verb: "activate", key_serial: newKey.serial, code: { id: sent().code, code: "123456" } },
  ]);
  expect(router.state.location.search).toBe(`?operation=${agent.OPERATION}`);
  expect(screen.getByRole("dialog")).toHaveTextContent(`请插入的密钥${newKey.serial} BJCA 介质`);
  expect(stored()).not.toMatch(/sentence|123456/);
});

test("a wrong password stands at its field, and stays to be mended", async () => {
  cloud({ "POST /api/activations": problem("login_failed", 401) });
  open();
  await press(`启用 ${newKey.serial}`);
  await press("获取验证码");
  expect(await screen.findByText("请填写此项")).toBeVisible();
  await type("登录密码", "wrong");
  await press("获取验证码");
  await waitFor(() => expect(screen.getByLabelText("登录密码")).toHaveAccessibleDescription(/密码不正确/));
  expect(screen.getByLabelText("登录密码")).toHaveValue("wrong");
});

test("a wrong code stands at its field, and nothing is opened", async () => {
  const answers = [problem("code_wrong", 422, { title: "验证码不正确" })];
  cloud({ "POST /api/operations": () => answers.shift() ?? agent.activation });
  open();
  await askCode();
  await type("验证码", "123456");
  await press("下一步");
  await waitFor(() => expect(screen.getByLabelText("验证码")).toHaveAccessibleDescription(/验证码不正确/));
  expect(screen.getByLabelText("验证码")).toHaveValue("123456");
  await type("验证码", "654321");
  await press("下一步");
  await screen.findByRole("link", { name: "打开密钥助手" });
});

test("a ticket that nobody took needs another code, so the dialog comes back", async () => {
  const calls = cloud({}, agent.operation({ ...agent.activating, expired: true }));
  open(`?operation=${agent.OPERATION}`);
  await press("重新获取链接");
  expect(await screen.findByLabelText("登录密码")).toBeVisible();
  expect(to(calls, "POST /api/operations")).toHaveLength(0);
});

test("a travelling PIN that is refused leads to the service desk, not to an unlock", async () => {
  cloud({}, agent.hindered("pin_locked", { verb: "activate", key_serial: newKey.serial }));
  open(`?operation=${agent.OPERATION}`);
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent(/没有接受寄送途中的 PIN.*联系客服/);
  expect(within(alert).queryByRole("link")).toBeNull();
});

test("once activated the list is asked for anew", async () => {
  const calls = cloud({}, agent.activated);
  open(`?operation=${agent.OPERATION}`);
  expect(await screen.findByText("密钥已启用")).toBeVisible();
  await waitFor(() => expect(to(calls, "GET /api/keys").length).toBeGreaterThan(1));
});

test("another PIN for an active key goes straight to the agent", async () => {
  const calls = cloud({}, agent.pinChanged);
  open();
  await press(`修改 PIN ${fixture.soon.serial}`);
  await waitFor(() =>
    expect(to(calls, "POST /api/operations").map(({ body }) => body)).toEqual([
      { verb: "change_pin", key_serial: fixture.soon.serial },
    ]),
  );
});
