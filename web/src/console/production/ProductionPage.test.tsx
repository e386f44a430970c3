import { focusManager } from "@tanstack/react-query";
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import type { Obstacle, OperationView, ProductionView } from "../../api/schema";
import { backend, type Call, problem, show } from "../../testing/backend";
import { certificate, staff } from "../../testing/fixtures";
import * as own from "../../testing/fixtures-making";
import { press } from "../../testing/hands";
import { PapersPage } from "./PapersPage";
import { ProductionPage } from "./ProductionPage";

const at = `${own.waiting.row.order}/1`;
const line = `/api/console/production/${at}`;
const one = `/api/console/operations/${own.OPERATION}`;

/** The cloud's side: line and operation stand as they are told to. */
function cloud(view: ProductionView, operation: OperationView = own.making(), more: Record<string, object> = {}) {
  const now = { view, operation };
  const calls = backend({
    [`GET ${line}`]: () => now.view,
    [`GET ${line}/seals`]: () => own.seals(now.view !== own.waiting),
    [`POST ${line}/operations`]: own.ticket,
    [`GET ${one}`]: () => now.operation,
    [`DELETE ${one}`]: own.givenUp,
    ...more,
  });
  return { now, calls };
}

const open = (search = "") =>
  show(ProductionPage, "/console/production/:order/:line", `/console/production/${at}${search}`, staff("maker"));
const reload = () => open(`?operation=${own.OPERATION}`);
const made = (calls: Call[], method: string, path: string) =>
  calls.filter((call) => call.method === method && call.path === path);
const panel = () => screen.findByRole("region", { name: "制作密钥" });
const key = (no: number) => screen.findByRole("article", { name: `第 ${String(no)} 个密钥` });
async function comeBack() {
  await act(async () => {
    focusManager.setFocused(false);
    focusManager.setFocused(true);
    await Promise.resolve();
  });
}

afterEach(() => focusManager.setFocused(undefined));

test("the maker opens this desk's agent, and sees the keys being made", async () => {
  const { now, calls } = cloud(own.waiting);
  const router = open();
  expect(await panel()).toHaveTextContent("BJCA 介质待制作2 个密钥");
  await press("在本工位开始制作");
  const link = await within(await panel()).findByRole("link", { name: "打开密钥助手" });
  expect(link).toHaveAttribute("href", own.ADDRESS);
  expect(link).toHaveAttribute("target", "_blank");
  expect(link).toHaveAttribute("rel", "noopener noreferrer");
  expect(made(calls, "POST", `${line}/operations`)).toHaveLength(1);
  expect(router.state.location.search).toBe(`?operation=${own.OPERATION}`);
  fireEvent.click(link);
  now.operation = own.claimed;
  now.view = own.halfMade;
  await comeBack();
  expect(await within(await panel()).findByText(/密钥助手已接手/)).toBeVisible();
  expect(await screen.findByText("已完成 1 / 3")).toBeVisible();
  expect(await key(1)).toHaveTextContent(/已制作.*BJ20261100001.*5a1f0c3e9b7d2846a1b2c3d4e5f60701/);
  expect(await key(2)).toHaveTextContent(/写入中第 2 次制作.*BJ20261100002/);
  now.operation = own.done;
  now.view = own.finished;
  await comeBack();
  expect(await within(await panel()).findByText("本次制作已完成")).toBeVisible();
  expect(await screen.findByText(/密钥已全部制作完成/)).toBeVisible();
  await press("装箱单和标签");
  await waitFor(() => expect(router.state.location.pathname).toBe(`/console/production/${at}/papers`));
});

test("nothing is asked for that no maker asked for, and nothing can be pasted", async () => {
  const { calls } = cloud(own.halfMade);
  open();
  await key(3);
  expect(document.querySelector("textarea, input")).toBeNull();
  expect(calls.filter(({ method }) => method !== "GET")).toHaveLength(0);
});

test("a refused ticket says why in the server's words, and is asked for again", async () => {
  const answers = [problem("nothing_to_make", 409, { title: "该商品没有待制作的密钥。" })];
  cloud(own.waiting, own.making(), { [`POST ${line}/operations`]: () => answers.shift() ?? own.ticket });
  open();
  await press("在本工位开始制作");
  expect(await within(await panel()).findByRole("alert")).toHaveTextContent("该商品没有待制作的密钥");
  await press("重试");
  expect(await within(await panel()).findByRole("link", { name: "打开密钥助手" })).toBeVisible();
});

test("as long as no desk has it the ticket is taken back; another one can be had", async () => {
  const { calls } = cloud(own.waiting);
  const router = open();
  await press("在本工位开始制作");
  await press("撤回");
  await waitFor(() => expect(made(calls, "DELETE", one)).toHaveLength(1));
  expect(router.state.location.search).toBe("");
  await press("在本工位开始制作");
  await waitFor(() => expect(made(calls, "POST", `${line}/operations`)).toHaveLength(2));
});

test("what a desk has cannot be taken back here, but be begun anew", async () => {
  const { calls } = cloud(own.halfMade, own.claimed);
  reload();
  await within(await panel()).findByText(/密钥助手已接手/);
  expect(screen.queryByRole("button", { name: "撤回" })).toBeNull();
  await press("在本工位重新开始");
  await waitFor(() => expect(made(calls, "POST", `${line}/operations`)).toHaveLength(1));
  expect(made(calls, "DELETE", one)).toHaveLength(0);
});

const OBSTACLES: Record<Obstacle, RegExp> = {
  no_module: /没有可用的密钥驱动.*安装/,
  no_key: /没有发现密钥.*插入一个空白密钥/,
  wrong_key: /不能用于本次制作.*不在空白库存中.*先登记入库/,
  no_certificate: /没有证书.*升级订单/,
  pin_wrong: /没有接受系统设置的密码.*作废/,
  pin_locked: /已锁定.*作废/,
  key_removed: /被拔出.*重新插入同一个密钥/,
  key_full: /空间不足.*作废/,
  key_fails: /没有正常工作.*作废/,
  clock_wrong: /时间不正确.*自动设置时间/,
  so_pin_locked: /管理密码已锁定.*作废/,
  so_pin_unknown: /管理密码不是系统设置的.*作废/,
};

test.each(Object.entries(OBSTACLES))("%s is told with the way out", async (obstacle, what) => {
  cloud(own.halfMade, own.making({ ...own.claimed, obstacle: obstacle as Obstacle }));
  reload();
  expect(await within(await panel()).findByRole("alert")).toHaveTextContent(what);
});

test("a key is given up only for a reason, after what that does was said", async () => {
  const scrap = `${line}/units/2/scrap`;
  const { calls } = cloud(own.halfMade, own.making(), {
    [`POST ${scrap}`]: own.line(own.unit(1, "made"), own.unit(2, "waiting", { attempt: 3 }), own.unit(3, "waiting")),
  });
  open();
  await press("作废第 2 个密钥");
  const dialog = await screen.findByRole("dialog");
  expect(dialog).toHaveTextContent("已签发的证书随即吊销");
  await press("确认作废");
  expect(await within(dialog).findByText("请选择作废原因")).toBeVisible();
  expect(made(calls, "POST", scrap)).toHaveLength(0);
  fireEvent.click(within(dialog).getByLabelText("写入中断，未能完成"));
  await press("确认作废");
  expect(await screen.findByText("第 2 个密钥已作废，请换一个空白密钥重新制作。")).toBeVisible();
  expect(made(calls, "POST", scrap)[0]?.body).toEqual({ attempt: 2, reason: "interrupted" });
  expect(await key(2)).toHaveTextContent("待制作第 3 次制作");
});

test("a key that went on meanwhile is not given up: the dialog says so and keeps the reason", async () => {
  const { calls } = cloud(own.halfMade, own.making(), {
    [`POST ${line}/units/1/scrap`]: problem("not_in_this_state", 409, { title: "订单状态已变化" }),
  });
  open();
  await press("作废第 1 个密钥");
  const dialog = await screen.findByRole("dialog");
  fireEvent.click(within(dialog).getByLabelText("外观或印刷损坏"));
  const before = made(calls, "GET", line).length;
  await press("确认作废");
  expect(await within(dialog).findByRole("alert")).toHaveTextContent("订单状态已变化");
  expect(within(dialog).getByLabelText("外观或印刷损坏")).toBeChecked();
  await waitFor(() => expect(made(calls, "GET", line).length).toBeGreaterThan(before));
});

test("the maker sees the approved stamps before they are written", async () => {
  cloud(own.waiting);
  open();
  const seals = await screen.findByRole("region", { name: "电子印章" });
  const picture = await within(seals).findByRole("img", { name: "第 1、2 个密钥的印章图像" });
  expect(picture).toHaveAttribute("src", `data:image/png;base64,${own.seals(false).pictures[0]?.png ?? ""}`);
  expect(seals).toHaveTextContent("42.0 × 42.0 毫米");
  expect(within(seals).getAllByText("待写入")).toHaveLength(2);
});

test("a seal that was made shows how it stands", async () => {
  cloud(own.halfMade);
  open();
  const seals = await screen.findByRole("region", { name: "电子印章" });
  await waitFor(() => expect(seals).toHaveTextContent("第 1 个密钥 有效第 2 个密钥 待写入"));
});

test("a line without e-seals shows none", async () => {
  cloud(own.waiting, own.making(), { [`GET ${line}/seals`]: { pictures: [], seals: [] } });
  open();
  expect(await panel()).toBeInTheDocument();
  await waitFor(() => expect(screen.queryByRole("region", { name: "电子印章" })).toBeNull());
});

test("out of production nothing begins and nothing is given up", async () => {
  cloud({ ...own.halfMade, row: { ...own.halfMade.row, stage: "AwaitReview" } });
  open();
  expect(await screen.findByText("该商品当前不在制作中。")).toBeVisible();
  expect(screen.queryByRole("button", { name: /作废|制作/ })).toBeNull();
});

test("the certificate of a finished key is shown when somebody asks", async () => {
  const { calls } = cloud(own.finished, own.making(), { [`GET ${line}/units/1/certificate`]: certificate });
  open();
  fireEvent.click(within(await key(1)).getByRole("button", { name: "查看证书" }));
  expect(await within(await key(1)).findByLabelText("证书")).toHaveTextContent("BEGIN CERTIFICATE");
  expect(made(calls, "GET", `${line}/units/2/certificate`)).toHaveLength(0);
});

const papers = (search = "") =>
  show(
    PapersPage,
    "/console/production/:order/:line/papers",
    `/console/production/${at}/papers${search}`,
    staff("maker"),
  );

test("packing list and labels name order, company, product and serials, and no secret", async () => {
  cloud(own.finished);
  papers();
  const list = await screen.findByRole("article", { name: "装箱单" });
  expect(list).toHaveTextContent(own.finished.row.order);
  expect(list).toHaveTextContent(own.finished.subject.company_name);
  expect(list).toHaveTextContent("带签章电子密钥");
  for (const { key_serial, certificate_serial } of own.finished.units) {
    expect(list).toHaveTextContent(key_serial ?? "?");
    expect(list).not.toHaveTextContent(certificate_serial ?? "?");
  }
  fireEvent.click(screen.getByLabelText("标签"));
  const labels = await screen.findByRole("list", { name: "标签" });
  const [, second] = within(labels).getAllByRole("listitem");
  expect(second).toHaveTextContent(/BJ20261100002南京示例建设工程有限公司带签章电子密钥202611210935190042 ?2 \/ 3/);
});

test("nothing is printed for a line that is not finished", async () => {
  cloud(own.halfMade);
  papers("?print=labels");
  expect(await screen.findByText(/还没有全部制作完成/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "打印" })).toBeNull();
});
