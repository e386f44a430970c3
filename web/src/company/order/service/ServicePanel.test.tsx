import { focusManager } from "@tanstack/react-query";
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import type { OperationView, OrderView } from "../../../api/schema";
import { backend, type Call, problem, show } from "../../../testing/backend";
import { history, session } from "../../../testing/fixtures";
import * as agent from "../../../testing/fixtures-agent";
import { unlockOrder } from "../../../testing/fixtures-orders";
import * as own from "../../../testing/fixtures-service";
import { press, stored, type } from "../../../testing/hands";
import { OrderPage } from "../OrderPage";

const { id } = own.renewalOrder;
const one = `/api/operations/${agent.OPERATION}`;
const tickets = `/api/orders/${id}/lines/1/operations`;
const ID_NUMBER = "11010519491231002X";

/** The cloud's side of a line: order and operation stand as they are told to. */
function cloud(order: OrderView, first: OperationView, more: Record<string, object> = {}) {
  const now = { order, view: first };
  const calls = backend({
    [`GET /api/orders/${id}`]: () => now.order,
    [`GET /api/orders/${id}/history`]: { events: history.slice(0, 3) },
    "GET /api/keys": { keys: [own.ownKey], to_activate: [] },
    [`POST ${tickets}`]: first.verb === "unlock" ? own.unlock : own.renewal,
    [`GET ${one}`]: () => now.view,
    [`DELETE ${one}`]: agent.givenUp,
    ...more,
  });
  return { now, calls };
}

const at = (search: string, who: object) => show(OrderPage, "/orders/:order", `/orders/${id}${search}`, who);
const open = () => at("", session);
/** As after a reload. */
const reload = (who: object = session) => at(`?operation=${agent.OPERATION}`, who);
const made = (calls: Call[], method: string, path: string) =>
  calls.filter((call) => call.method === method && call.path === path);
const dialog = () => screen.findByRole("dialog");
const link = (name: string) => screen.findByRole("link", { name });
async function comeBack() {
  await act(async () => {
    focusManager.setFocused(false);
    focusManager.setFocused(true);
    await Promise.resolve();
  });
}

afterEach(() => {
  focusManager.setFocused(undefined);
});

const renew = `去续期，密钥 ${own.SERIAL}`;
const unlock = `去解锁，密钥 ${own.SERIAL}`;

// covers: R25, R26
test("a renewal: one click to the ticket, the agent's window, and the new end once it is done", async () => {
  const { now, calls } = cloud(own.renewalOrder, own.renewing);
  const router = open();
  await press(renew);
  const button = await link("打开密钥助手");
  expect(made(calls, "POST", tickets).map(({ body }) => body)).toEqual([{}]);
  expect(button).toHaveAttribute("href", agent.ADDRESS);
  expect(button).toHaveAttribute("rel", "noopener noreferrer");
  expect(await dialog()).toHaveTextContent(`请插入的密钥${own.SERIAL} BJCA 介质`);
  expect(await dialog()).toHaveTextContent("PIN 只在密钥助手的窗口中输入");
  expect(router.state.location.search).toBe(`?operation=${agent.OPERATION}`);
  now.view = own.renewingClaimed;
  await comeBack();
  expect(await within(await dialog()).findByText(/密钥助手已接手/)).toBeVisible();
  const before = made(calls, "GET", `/api/orders/${id}`).length;
  now.view = own.renewed;
  now.order = own.renewedOrder;
  await comeBack();
  expect(await within(await dialog()).findByText("续期完成，新的到期日 2027/12/20")).toBeVisible();
  await waitFor(() => expect(made(calls, "GET", `/api/orders/${id}`).length).toBeGreaterThan(before));
  await press("完成");
  await waitFor(() => expect(router.state.location.search).toBe(""));
  await waitFor(() => expect(screen.queryByRole("button", { name: renew })).toBeNull());
});

test("of several lines each has its own button", async () => {
  const second = `/api/orders/${id}/lines/2/operations`;
  const { calls } = cloud(own.twoRenewals, own.renewing, { [`POST ${second}`]: own.renewal });
  open();
  await press("去续期，密钥 BJ20251100008");
  await waitFor(() => expect(made(calls, "POST", second)).toHaveLength(1));
  expect(made(calls, "POST", tickets)).toHaveLength(0);
});

test("a ticket that is refused says why, and is asked for again", async () => {
  const answers = [problem("certificate_revoked", 409, { title: "证书已停用" })];
  const { calls } = cloud(own.renewalOrder, own.renewing, {
    [`POST ${tickets}`]: () => answers.shift() ?? own.renewal,
  });
  open();
  await press(renew);
  expect(await within(await dialog()).findByRole("alert")).toHaveTextContent("证书已停用");
  await press("重试");
  await link("打开密钥助手");
  expect(made(calls, "POST", tickets)).toHaveLength(2);
});

test("a renewal whose ticket expired, or that was not finished, begins anew; one that is done elsewhere does not", async () => {
  const { now, calls } = cloud(own.renewalOrder, { ...own.renewing, expired: true });
  reload();
  await press("重新获取链接");
  await waitFor(() => expect(made(calls, "POST", tickets)).toHaveLength(1));
  now.view = own.renewingGivenUp;
  await comeBack();
  expect(await within(await dialog()).findByText("这次续期没有完成")).toBeVisible();
  expect(await dialog()).toHaveTextContent("原有的证书不受影响");
  await press("重新开始");
  await waitFor(() => expect(made(calls, "POST", tickets)).toHaveLength(2));
  now.order = own.renewedOrder;
  now.view = own.renewingGivenUp;
  await comeBack();
  await within(await dialog()).findByText("这次续期没有完成");
  await waitFor(() => expect(screen.queryByRole("button", { name: "重新开始" })).toBeNull());
});

test("what keeps a renewal has its way out", async () => {
  const { now } = cloud(own.renewalOrder, own.renewingHindered("wrong_key"));
  reload();
  const told = async (what: RegExp) => {
    await waitFor(() => expect(screen.getByRole("alert")).toHaveTextContent(what));
    return screen.getByRole("alert");
  };
  await told(/插入的不是需要的密钥.*序列号印在密钥外壳上/);
  now.view = own.renewingHindered("key_full");
  await comeBack();
  await told(/存储空间已满.*订单服务.*改为补办/);
  now.view = own.renewingHindered("key_removed");
  await comeBack();
  await told(/密钥被拔出.*重新插入同一个密钥/);
  now.view = own.renewingHindered("pin_locked");
  await comeBack();
  const alert = await told(/PIN 已锁定.*先办理解锁.*回到本订单重新续期.*选择“放弃”/);
  const way = await within(alert).findByRole("link", { name: "去解锁" });
  expect(way).toHaveAttribute("href", `/order/new?kind=unlock&key=${own.SERIAL}`);
  expect(way).toHaveAttribute("target", "_blank");
});

test("a locked key that cannot be unlocked leads to its replacement, and who may not buy to the unbinding", async () => {
  const { now } = cloud(own.renewalOrder, own.renewingHindered("pin_locked"), {
    "GET /api/keys": { keys: [own.noEscrow], to_activate: [] },
  });
  reload();
  const alert = await screen.findByRole("alert");
  expect(await within(alert).findByRole("link", { name: "去补办" })).toHaveAttribute(
    "href",
    `/order/new?kind=replacement&key=${own.SERIAL}`,
  );
  expect(within(alert).queryByRole("link", { name: "去解锁" })).toBeNull();
  expect(now.view.obstacle).toBe("pin_locked");
});

test("who logged in by text message unbinds first", async () => {
  cloud(own.renewalOrder, own.renewingHindered("pin_locked"));
  reload({ ...session, level: "limited" });
  expect(await within(await screen.findByRole("alert")).findByRole("link")).toHaveAttribute("href", "/unbind");
});

/** As far as the ticket. */
async function identify(number = ID_NUMBER) {
  await press(unlock);
  await type("法定代表人的身份证号", number);
  await press("下一步");
}

// covers: R31
test("an unlock asks for the ID-card number first, masked, and keeps it nowhere", async () => {
  const { calls } = cloud(unlockOrder, own.unlocking);
  const router = open();
  await press(unlock);
  expect(made(calls, "POST", tickets)).toHaveLength(0);
  const field = await screen.findByLabelText("法定代表人的身份证号");
  expect(field).toHaveAttribute("type", "password");
  expect(field).toHaveAttribute("autocomplete", "off");
  await press("下一步");
  await waitFor(() => expect(field).toHaveAccessibleDescription(/请填写此项/));
  await type("法定代表人的身份证号", "110105194912310021");
  await press("下一步");
  await waitFor(() => expect(field).toHaveAccessibleDescription(/请输入 18 位/));
  expect(made(calls, "POST", tickets)).toHaveLength(0);
  await type("法定代表人的身份证号", " 11010519491231002x ");
  await press("下一步");
  await link("打开密钥助手");
  expect(made(calls, "POST", tickets).map(({ body }) => body)).toEqual([{ id_number: ID_NUMBER }]);
  await waitFor(() => expect(screen.queryByLabelText("法定代表人的身份证号")).toBeNull());
  expect(stored() + JSON.stringify([router.state.location, Object.entries(localStorage)])).not.toMatch(/110105|002X/i);
});

test("a wrong ID-card number stands at its field, which is empty again", async () => {
  const refusal = problem("wrong_id_number", 422, {
    title: "身份证号与贵单位档案不一致，请核对后重新输入。",
    errors: [{ field: "id_number", code: "invalid", message: "不正确" }],
  });
  const answers = [refusal];
  cloud(unlockOrder, own.unlocking, { [`POST ${tickets}`]: () => answers.shift() ?? own.unlock });
  open();
  await identify();
  await waitFor(() =>
    expect(screen.getByLabelText("法定代表人的身份证号")).toHaveAccessibleDescription(/与贵单位档案不一致/),
  );
  expect(screen.getByLabelText("法定代表人的身份证号")).toHaveValue("");
  await type("法定代表人的身份证号", ID_NUMBER);
  await press("下一步");
  await link("打开密钥助手");
});

test("too many wrong ones a day say until when; a key that cannot be unlocked leads to the order service", async () => {
  const answers = [problem("too_many_requests", 429, { retryAfter: 86_400 }), problem("no_unlock", 409)];
  cloud(unlockOrder, own.unlocking, { [`POST ${tickets}`]: () => answers.shift() ?? own.unlock });
  open();
  await identify();
  expect(await screen.findByText(/今天输错的次数已用完，请在 \d{4}\/\d{2}\/\d{2} \d{2}:\d{2} 之后再试/)).toBeVisible();
  await type("法定代表人的身份证号", ID_NUMBER);
  await press("下一步");
  await waitFor(() =>
    expect(screen.getByRole("alert")).toHaveTextContent(/不能在线解锁.*订单服务.*改为补办，差价另行结算/),
  );
  expect(screen.queryByLabelText("法定代表人的身份证号")).toBeNull();
});

// covers: R32
test("an unlock is confirmed with the digits of one's own screen, then followed to its end", async () => {
  const path = `${one}/confirmation`;
  const wrong = problem("wrong_confirmation", 422, {
    title: "确认码与密钥助手显示的不一致",
    errors: [{ field: "code", code: "invalid", message: "不正确" }],
  });
  const answers = [wrong];
  const { now, calls } = cloud(unlockOrder, own.unlockingClaimed, {
    [`POST ${path}`]: () => answers.shift() ?? (now.view = own.unlockingConfirmed),
  });
  reload();
  const field = await screen.findByLabelText("6 位确认码");
  expect(await dialog()).toHaveTextContent("只输入您自己电脑上的密钥助手显示的确认码");
  expect(await dialog()).toHaveTextContent("请停止");
  fireEvent.change(field, { target: { value: "12345" } });
  await press("确认，继续解锁");
  await waitFor(() => expect(field).toHaveAccessibleDescription(/请输入 6 位数字确认码/));
  expect(made(calls, "POST", path)).toHaveLength(0);
  fireEvent.change(field, { target: { value: "１23 456" } });
  await press("确认，继续解锁");
  await waitFor(() => expect(field).toHaveAccessibleDescription(/确认码与密钥助手显示的不一致/));
  fireEvent.change(field, { target: { value: "654321" } });
  await press("确认，继续解锁");
  expect(await screen.findByText(/确认码正确。请在密钥助手的窗口中设置新密码/)).toBeVisible();
  expect(screen.queryByLabelText("6 位确认码")).toBeNull();
  expect(made(calls, "POST", path).map(({ body }) => body)).toEqual([{ code: "123456" }, { code: "654321" }]);
  now.view = own.unlocked;
  await comeBack();
  expect(await within(await dialog()).findByText("解锁完成，请使用新密码")).toBeVisible();
});

test("the last wrong code ends it, and it begins anew with the ID-card number", async () => {
  const { now, calls } = cloud(unlockOrder, own.unlockingClaimed, {
    [`POST ${one}/confirmation`]: () => {
      now.view = own.unlockingGivenUp;
      return problem("wrong_confirmation", 422);
    },
  });
  reload();
  await type("6 位确认码", "111111");
  await press("确认，继续解锁");
  expect(await within(await dialog()).findByText("这次解锁没有完成")).toBeVisible();
  await press("重新开始");
  expect(await screen.findByLabelText("法定代表人的身份证号")).toBeVisible();
  expect(made(calls, "POST", tickets)).toHaveLength(0);
});

test("who sees no digits stops, and confirms nothing", async () => {
  const { calls } = cloud(unlockOrder, own.unlockingClaimed);
  const router = reload();
  await press("没有显示，停止");
  await waitFor(() => expect(router.state.location.search).toBe(""));
  expect(made(calls, "POST", `${one}/confirmation`)).toHaveLength(0);
});

test("a key whose SO PIN is locked or unknown is the order service's, before and after it was given up", async () => {
  const { now } = cloud(unlockOrder, { ...own.unlockingConfirmed, obstacle: "so_pin_locked" });
  reload();
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent(/已经不能解锁.*选择“放弃”.*订单服务.*改为补办，差价另行结算/);
  expect(screen.queryByLabelText("6 位确认码")).toBeNull();
  now.view = { ...own.unlockingGivenUp, obstacle: "so_pin_unknown" };
  await comeBack();
  await waitFor(() =>
    expect(screen.getByRole("alert")).toHaveTextContent(/不能在线解锁.*订单服务.*差价另行结算.*不会丢失/),
  );
  expect(screen.queryByRole("button", { name: "重新开始" })).toBeNull();
});
