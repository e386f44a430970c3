import { focusManager } from "@tanstack/react-query";
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import type { Obstacle, OperationView } from "../../api/schema";
import { backend, type Call, problem, show } from "../../testing/backend";
import { session } from "../../testing/fixtures";
import * as agent from "../../testing/fixtures-agent";
import * as fixture from "../../testing/fixtures-ordering";
import { press } from "../../testing/hands";
import { KeysPage } from "../keys/KeysPage";
import { OrderFormPage } from "../order-form/OrderFormPage";
import { file } from "../../testing/fixtures-file";

const { old, soon } = fixture;
const one = `/api/operations/${agent.OPERATION}`;
const SECOND = agent.OPERATION.replace(/1$/, "2");
const base = { "GET /api/keys": fixture.keys, "GET /api/catalog/mall": fixture.mall };

/** The cloud's side of an operation: it stands as it is told to. */
function cloud(first: OperationView, more: Record<string, object> = {}) {
  const now = { view: first };
  const calls = backend({
    ...base,
    "POST /api/operations": agent.ticket,
    [`GET ${one}`]: () => now.view,
    [`DELETE ${one}`]: agent.givenUp,
    ...more,
  });
  return { now, calls };
}

const open = (who: object = session) => show(KeysPage, "/keys", "/keys", who);
const reload = (who: object = session) => show(KeysPage, "/keys", `/keys?operation=${agent.OPERATION}`, who);
const made = (calls: Call[], method: string, path: string) =>
  calls.filter((call) => call.method === method && call.path === path);
const dialog = () => screen.findByRole("dialog");
const link = async (name: string) => within(await dialog()).findByRole("link", { name });
/** The page asks anew, as it does when somebody comes back from the agent's window. */
async function comeBack() {
  await act(async () => {
    focusManager.setFocused(false);
    focusManager.setFocused(true);
    await Promise.resolve();
  });
}

afterEach(() => {
  focusManager.setFocused(undefined);
  vi.useRealTimers();
});

test("the ticket is there before the click, and the link opens a window that cannot reach this one", async () => {
  const { calls } = cloud(agent.operation());
  const router = open();
  await press(`检测年限 ${old.serial}`);
  const button = await link("打开密钥助手");
  expect(made(calls, "POST", "/api/operations").map(({ body }) => body)).toEqual([
    { verb: "inspect", key_serial: old.serial },
  ]);
  expect(button).toHaveAttribute("href", agent.ADDRESS);
  expect(button).toHaveAttribute("target", "_blank");
  expect(button).toHaveAttribute("rel", "noopener noreferrer");
  expect(await dialog()).toHaveTextContent(`请插入的密钥${old.serial} 蓝色 CPP 介质`);
  expect(router.state.location.search).toBe(`?operation=${agent.OPERATION}`);
  // The ticket stands in the link and nowhere else.
  expect(
    JSON.stringify([router.state.location, Object.entries(sessionStorage), Object.entries(localStorage)]),
  ).not.toContain("eyJ");
});

test("each key in hand can be tested too; one that was reported or has ended cannot", async () => {
  const ended = fixture.key("BJ20200000009", { state: "expired" });
  const { calls } = cloud(agent.operation(), { "GET /api/keys": { keys: [soon, fixture.lost, ended] } });
  open();
  await press(`检测密钥 ${soon.serial}`);
  await link("打开密钥助手");
  expect(made(calls, "POST", "/api/operations")[0]?.body).toEqual({ verb: "test", key_serial: soon.serial });
  for (const { serial } of [fixture.lost, ended]) {
    expect(screen.queryByRole("button", { name: `检测密钥 ${serial}` })).toBeNull();
    expect(screen.queryByRole("button", { name: `检测年限 ${serial}` })).toBeNull();
  }
});

test("a ticket that is refused says why, and is asked for again", async () => {
  const answers = [problem("unavailable", 503), agent.ticket];
  const { calls } = cloud(agent.operation(), { "POST /api/operations": () => answers.shift() ?? agent.ticket });
  open();
  await press(`检测年限 ${old.serial}`);
  expect(await within(await dialog()).findByRole("alert")).toHaveTextContent("REQ1");
  await press("重试");
  await link("打开密钥助手");
  expect(made(calls, "POST", "/api/operations")).toHaveLength(2);
});

test("an agent that does not answer: how to install it, how to start it, and the same link again", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const { calls } = cloud(agent.operation());
  open();
  await press(`检测年限 ${old.serial}`);
  fireEvent.click(await link("打开密钥助手"));
  expect(await within(await dialog()).findByText("正在等待密钥助手响应…")).toBeVisible();
  vi.setSystemTime(Date.now() + 7_900);
  await comeBack();
  expect(screen.queryByText("密钥助手没有响应")).toBeNull();
  vi.setSystemTime(Date.now() + 200);
  await comeBack();
  expect(await within(await dialog()).findByText("密钥助手没有响应")).toBeVisible();
  const install = await link("下载与安装");
  expect(install).toHaveAttribute("href", "/help/agent");
  expect(install).toHaveAttribute("target", "_blank");
  expect(await link("已安装？点此启动")).toHaveAttribute("href", "sealkey-agent:");
  const again = await link("再次打开密钥助手");
  expect(again).toHaveAttribute("href", agent.ADDRESS);
  fireEvent.click(again);
  await waitFor(() => expect(screen.queryByText("密钥助手没有响应")).toBeNull());
  expect(made(calls, "POST", "/api/operations")).toHaveLength(1);
});

test("a ticket that nobody took in time gives way to a new one, without a reload", async () => {
  const second = { ...agent.ticket, address: `${agent.ADDRESS}2`, operation: agent.operation({ id: SECOND }) };
  const tickets = [agent.ticket, second];
  const { now, calls } = cloud(agent.operation(), {
    "POST /api/operations": () => tickets.shift() ?? second,
    [`GET /api/operations/${SECOND}`]: second.operation,
  });
  const router = open();
  await press(`检测年限 ${old.serial}`);
  await link("打开密钥助手");
  now.view = agent.expired;
  await comeBack();
  expect(await within(await dialog()).findByText("链接已过期")).toBeVisible();
  expect(within(await dialog()).queryByRole("link", { name: /打开密钥助手/ })).toBeNull();
  await press("重新获取链接");
  expect(await link("打开密钥助手")).toHaveAttribute("href", second.address);
  expect(router.state.location.search).toBe(`?operation=${SECOND}`);
  expect(made(calls, "POST", "/api/operations").map(({ body }) => body)).toEqual(
    Array(2).fill({ verb: "inspect", key_serial: old.serial }),
  );
  // It is over by itself.
  expect(made(calls, "DELETE", one)).toHaveLength(0);
});

test("closing the panel takes back what no agent has", async () => {
  const { calls } = cloud(agent.operation());
  const router = open();
  await press(`检测年限 ${old.serial}`);
  await link("打开密钥助手");
  await press("Close");
  await waitFor(() => expect(made(calls, "DELETE", one)).toHaveLength(1));
  expect(router.state.location.search).toBe("");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

test("closing it leaves to an agent what it has", async () => {
  const { calls } = cloud(agent.claimed);
  const router = reload();
  await within(await dialog()).findByText(/密钥助手已接手/);
  await press("Close");
  await waitFor(() => expect(router.state.location.search).toBe(""));
  expect(made(calls, "DELETE", one)).toHaveLength(0);
});

test("going to another page of the site is closing too", async () => {
  const { calls } = cloud(agent.operation());
  const router = open();
  await press(`检测年限 ${old.serial}`);
  await link("打开密钥助手");
  await act(() => router.navigate("/orders"));
  await waitFor(() => expect(made(calls, "DELETE", one)).toHaveLength(1));
});

test("a ticket that comes after the panel was closed is taken back, and opens nothing", async () => {
  let answer: (ticket: object) => void = () => undefined;
  const { calls } = cloud(agent.operation(), {
    "POST /api/operations": () => new Promise<object>((resolve) => (answer = resolve)),
  });
  const router = open();
  await press(`检测年限 ${old.serial}`);
  await waitFor(() => expect(made(calls, "POST", "/api/operations")).toHaveLength(1));
  await press("Close");
  answer(agent.ticket);
  await waitFor(() => expect(made(calls, "DELETE", one)).toHaveLength(1));
  expect(router.state.location.search).toBe("");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

test("a reload goes on following: what nobody took yet needs a new link, and the old one is taken back", async () => {
  const { now, calls } = cloud(agent.operation());
  reload();
  expect(await within(await dialog()).findByText("还没有密钥助手接手")).toBeVisible();
  expect(made(calls, "POST", "/api/operations")).toHaveLength(0);
  expect(made(calls, "DELETE", one)).toHaveLength(0);
  // The window that was opened before the reload may still claim it.
  now.view = agent.claimed;
  await comeBack();
  expect(await within(await dialog()).findByText(/密钥助手已接手/)).toBeVisible();
  expect(await dialog()).toHaveTextContent("密钥助手 0.1.0（linux x86_64）");
  now.view = agent.operation();
  await comeBack();
  await press("重新获取链接");
  await waitFor(() => expect(made(calls, "DELETE", one)).toHaveLength(1));
  await link("打开密钥助手");
});

test("an address of nothing, or of another company's operation, says so and can be closed", async () => {
  const { calls } = cloud(agent.operation(), { [`GET ${one}`]: problem("not_found", 404) });
  const router = reload();
  expect(await within(await dialog()).findByRole("alert")).toHaveTextContent("REQ1");
  await press("Close");
  await waitFor(() => expect(router.state.location.search).toBe(""));
  expect(made(calls, "DELETE", one)).toHaveLength(0);
});

/** What is said of each, and where its way out leads. */
const OBSTACLES: Record<Obstacle, [what: RegExp, href: string | null]> = {
  no_module: [/没有可用的密钥驱动.*安装/, "/help/agent"],
  no_key: [/没有发现密钥.*请插入密钥/, "/help/agent"],
  wrong_key: [/插入的不是需要的密钥.*请插入上面所示序列号的密钥/, null],
  no_certificate: [/密钥中没有证书.*联系客服/, null],
  pin_wrong: [/PIN 不正确.*再次输入.*办理解锁/, `/order/new?kind=unlock&key=${old.serial}`],
  pin_locked: [/PIN 已锁定.*解锁/, `/order/new?kind=unlock&key=${old.serial}`],
  key_removed: [/密钥被拔出.*重新插入同一个密钥/, null],
  key_full: [/存储空间已满.*联系客服/, null],
  key_fails: [/没有正常工作.*重新插入/, null],
  clock_wrong: [/时间不正确.*自动设置时间/, null],
  so_pin_locked: [/已经不能解锁.*管理密码也已锁定/, null],
  so_pin_unknown: [/不能在线解锁.*管理密码/, null],
};

test.each(Object.entries(OBSTACLES))("%s is told with the way out", async (obstacle, [what, href]) => {
  cloud(agent.hindered(obstacle as Obstacle));
  reload();
  const alert = await within(await dialog()).findByRole("alert");
  expect(alert).toHaveTextContent(what);
  expect(alert).toHaveTextContent("请在密钥助手的窗口中继续");
  const way = within(alert).queryByRole("link");
  expect(way?.getAttribute("href") ?? null).toBe(href);
});

test("who logged in by text message unbinds before a locked key is unlocked", async () => {
  cloud(agent.hindered("pin_locked"));
  reload({ ...session, level: "limited" });
  const alert = await within(await dialog()).findByRole("alert");
  expect(within(alert).getByRole("link")).toHaveAttribute("href", "/unbind");
});

test("the page asks by itself: an obstacle goes when it is mended", async () => {
  const { now } = cloud(agent.hindered("no_key"));
  reload();
  await within(await dialog()).findByText("没有发现密钥");
  now.view = agent.claimed;
  await waitFor(() => expect(screen.queryByText("没有发现密钥")).toBeNull());
  expect(await dialog()).toHaveTextContent("密钥助手已接手");
});

test("another agent that tried the same ticket is told, also afterwards", async () => {
  const contested_at = "2026-11-21T01:38:00Z";
  const { now } = cloud(agent.operation({ ...agent.claimed, contested_at }));
  reload();
  const alert = await within(await dialog()).findByRole("alert");
  expect(alert).toHaveTextContent("另一台电脑在 2026/11/21 09:38 也想使用这个链接，已被拒绝");
  expect(alert).toHaveTextContent("请不要输入 PIN");
  now.view = { ...agent.done, contested_at };
  await comeBack();
  await within(await dialog()).findByText("检测年限已完成");
  expect(within(await dialog()).getByText(/另一台电脑/)).toBeVisible();
});

test("what was given up is begun again with a ticket of its own", async () => {
  const { calls } = cloud(agent.givenUp);
  reload();
  expect(await within(await dialog()).findByText("这次操作已放弃")).toBeVisible();
  await press("重新开始");
  await waitFor(() => expect(made(calls, "POST", "/api/operations")).toHaveLength(1));
  expect(made(calls, "DELETE", one)).toHaveLength(0);
});

test("what was read is told with what it is worth towards an upgrade, as the server reckons it", async () => {
  const { now, calls } = cloud(agent.claimed, { "POST /api/quotes": fixture.quoteOf("201.29", agent.upgradePrice) });
  const router = reload();
  await within(await dialog()).findByText(/密钥助手已接手/);
  now.view = agent.done;
  const before = made(calls, "GET", "/api/keys").length;
  await comeBack();
  const told = await dialog();
  await within(told).findByText("检测年限已完成");
  expect(told).toHaveTextContent(`密钥${old.serial}介质蓝色 CPP 介质剩余时间1 年 7 个月 29 天证书有效期至2028/07/20`);
  const worth = await within(told).findByRole("region", { name: "升级可结转" });
  expect(await within(worth).findByRole("region", { name: "剩余年限折算" })).toHaveTextContent("付款时优惠¥158.71");
  expect(made(calls, "POST", "/api/quotes")[0]?.body).toMatchObject({
    storefront: "mall",
    lines: [{ sku: "upgrade-1y", key_serial: old.serial }],
  });
  // The list shows when it was read.
  await waitFor(() => expect(made(calls, "GET", "/api/keys").length).toBeGreaterThan(before));
  await press("去升级");
  await waitFor(() => expect(router.state.location.pathname).toBe("/order/new"));
  expect(router.state.location.search).toBe(`?kind=upgrade&key=${old.serial}`);
});

test("a credit that is not to be had says why, and leads into no order", async () => {
  const refusal = problem("invalid_fields", 422, {
    errors: [{ field: "lines.0.key_serial", code: "not_inspected", message: "这张证书折算过了" }],
  });
  cloud(agent.done, { "POST /api/quotes": refusal });
  reload();
  const worth = await within(await dialog()).findByRole("region", { name: "升级可结转" });
  expect(await within(worth).findByText("这张证书折算过了")).toBeVisible();
  expect(within(worth).queryByRole("button")).toBeNull();
});

test("a key of the new medium shows its time and no upgrade; a test says that the key works", async () => {
  const { calls } = cloud(agent.tested);
  reload();
  const told = await dialog();
  expect(await within(told).findByText("密钥可以正常使用")).toBeVisible();
  expect(told).toHaveTextContent("剩余时间1 个月 20 天证书有效期至2027/01/10");
  expect(within(told).queryByRole("region", { name: "升级可结转" })).toBeNull();
  expect(made(calls, "POST", "/api/quotes")).toHaveLength(0);
  await press("关闭");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

test("what a token calls itself is text, whatever it is", async () => {
  const serial = `<img src=x onerror=alert(1)>"'‮</span>`;
  cloud(
    agent.operation({ ...agent.done, key_serial: serial, read: agent.done.read && { ...agent.done.read, serial } }),
  );
  reload();
  const told = await dialog();
  await within(told).findByText("检测年限已完成");
  expect(told).toHaveTextContent(serial);
  expect(told.querySelector("img")).toBeNull();
});

test("beside the order: the key is read, chosen, and its credit stands in the list", async () => {
  const keys = { view: fixture.keys };
  const { now, calls } = cloud(agent.operation(), {
    "GET /api/company": file(),
    "GET /api/keys": () => keys.view,
    "POST /api/quotes": fixture.quoteOf("201.29", agent.upgradePrice),
  });
  const router = show(OrderFormPage, "/order/new", "/order/new?sku=upgrade-1y");
  await press(`检测年限 ${old.serial}`);
  fireEvent.click(await link("打开密钥助手"));
  expect(router.state.location.search).toBe(`?sku=upgrade-1y&operation=${agent.OPERATION}`);
  keys.view = { keys: [fixture.inspected, fixture.early, soon, fixture.lost] };
  now.view = agent.done;
  await comeBack();
  await within(await dialog()).findByText("检测年限已完成");
  await press("返回，继续填写");
  await waitFor(() => expect(router.state.location.search).toBe("?sku=upgrade-1y"));
  const reckoning = await waitFor(() => {
    const found = document.querySelector('[aria-label="剩余年限折算"]');
    expect(found).not.toBeNull();
    return found;
  });
  expect(reckoning).toHaveTextContent("付款时优惠¥158.71");
  expect(document.querySelector(`input[type=radio][value="${old.serial}"]`)).toBeChecked();
  expect(made(calls, "POST", "/api/orders")).toHaveLength(0);
});
