import { act, cleanup, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import type { OrderView } from "../../api/schema";
import { backend, show } from "../../testing/backend";
import { history, order, refund } from "../../testing/fixtures";
import {
  BRANCH,
  counterCatalog,
  counterHistory,
  counterOrder,
  exitHistory,
  lackingDraft,
  mendedDraft,
  mixedOrder,
  readyOrder,
  returnedDraft,
  unlockOrder,
  upgradeOrder,
} from "../../testing/fixtures-orders";
import { renewalOrder, SERIAL, twoRenewals } from "../../testing/fixtures-service";
import { press } from "../../testing/hands";
import { OrderPage } from "./OrderPage";

const { id } = order("draft");

afterEach(() => {
  vi.useRealTimers();
});

function showOrder(display: Parameters<typeof order>[0]) {
  backend({ [`GET /api/orders/${id}`]: order(display), [`GET /api/orders/${id}/history`]: { events: history } });
  show(OrderPage, "/orders/:order", `/orders/${id}`);
}

// covers: R16
test("materials are uploaded after payment, from the order's detail", async () => {
  showOrder("awaiting_payment");
  expect(await screen.findByRole("button", { name: "去支付" })).toBeVisible();
  expect(screen.queryByRole("button", { name: "上传资料" })).toBeNull();
  cleanup();
  showOrder("awaiting_materials");
  expect(await screen.findByRole("button", { name: "上传资料" })).toBeVisible();
});

// covers: R20
test("the state stands on the line", async () => {
  for (const [display, word] of [
    ["under_review", "待审核"],
    ["in_production", "制作中"],
  ] as const) {
    cleanup();
    showOrder(display);
    const line = await screen.findByRole("article", { name: "带签章电子密钥" });
    expect(line).toHaveTextContent(word);
  }
});

test("a line says by when its next step is promised, and that it is late with its surcharge on the way back", async () => {
  const due = "2026-11-23T09:30:00Z";
  const at = (
    display: "under_review" | "in_production" | "awaiting_materials",
    more: Partial<OrderView["lines"][0]>,
  ) => {
    cleanup();
    const view = order(display);
    const lines = view.lines.map((line) => ({ ...line, ...more }));
    backend({ [`GET /api/orders/${id}`]: { ...view, lines }, [`GET /api/orders/${id}/history`]: { events: history } });
    show(OrderPage, "/orders/:order", `/orders/${id}`);
    return screen.findByRole("article", { name: "带签章电子密钥" });
  };
  expect(await at("under_review", { due_at: due })).toHaveTextContent("最晚 2026/11/23 17:30 给出审核结果。");
  expect(await at("in_production", { due_at: due })).toHaveTextContent("最晚 2026/11/23 17:30 制作完成并交出。");
  const late = await at("in_production", { due_at: due, late_at: due });
  expect(late).toHaveTextContent("未能在承诺的 2026/11/23 17:30 前交出，我们正在优先处理；加急费自动原路退回");
  expect(await at("awaiting_materials", { due_at: null })).not.toHaveTextContent("最晚");
});

// covers: R69
test("查看记录 shows everything that happened", async () => {
  showOrder("changes_requested");
  expect(await screen.findByText("付款成功")).toBeVisible();
  expect(screen.getByText("审核未通过，需修改资料")).toBeVisible();
  expect(screen.getAllByText(/图像不清晰，无法辨认.*300 dpi/).length).toBeGreaterThan(0);
});

// covers: R69
test("the record tells how it ended, though it was asked for just before the end", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  let looks = 0;
  const last = history.slice(-1).map((entry) => ({ ...entry, seq: 99, event: "delivered", refusals: [] }));
  backend({
    [`GET /api/orders/${id}`]: () => order((looks += 1) > 1 ? "completed" : "shipped"),
    [`GET /api/orders/${id}/history`]: () => ({ events: looks > 1 ? [...history, ...last] : history }),
  });
  show(OrderPage, "/orders/:order", `/orders/${id}`);
  await screen.findByText("付款成功");
  expect(screen.queryByText("快递已签收")).toBeNull();
  await act(() => vi.advanceTimersByTimeAsync(30_000));
  expect(screen.getByText("快递已签收")).toBeVisible();
  expect(looks).toBe(2);
});

// covers: R43
test("the parcel of a key is in the order's detail", async () => {
  showOrder("shipped");
  expect(await screen.findByText("SF1234567890123")).toBeVisible();
  expect(screen.getByText("运输中")).toBeVisible();
});

test("whoever cancels a paid order reads first what becomes of the money", async () => {
  let now: OrderView = order("under_review");
  const calls = backend({
    [`GET /api/orders/${id}`]: () => now,
    [`GET /api/orders/${id}/history`]: { events: history },
    [`POST /api/orders/${id}/cancel`]: () => (now = order("refunding")),
  });
  show(OrderPage, "/orders/:order", `/orders/${id}`);
  await press("取消订单");
  expect(await screen.findByText("已付的 ¥1,120.00 将全额原路退回付款账户。")).toBeInTheDocument();
  expect(calls.filter(({ method }) => method === "POST")).toEqual([]);
  await press("取消订单并退款");
  const card = await screen.findByRole("article", { name: `退款 ${id}_R1` });
  expect(card).toHaveTextContent("¥1,120.00");
  expect(card).toHaveTextContent("通常最迟 2026/11/26 到账");
  expect(screen.queryByRole("button", { name: "取消订单" })).toBeNull();
});

test("an order that may not be given up has no button for it", async () => {
  showOrder("in_production");
  await screen.findByText("付款成功");
  expect(screen.queryByRole("button", { name: "取消订单" })).toBeNull();
});

test("a refund is followed after the order's end, up to its receipt", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  let looks = 0;
  backend({
    [`GET /api/orders/${id}`]: () => order((looks += 1) > 1 ? "refunded" : "refunding"),
    [`GET /api/orders/${id}/history`]: { events: history },
  });
  show(OrderPage, "/orders/:order", `/orders/${id}`);
  expect(await screen.findByText("正在通过支付宝退回原付款账户，您无需操作。")).toBeVisible();
  await act(() => vi.advanceTimersByTimeAsync(10_000));
  expect(screen.getByText(refund("done").receipt ?? "")).toBeVisible();
  await act(() => vi.advanceTimersByTimeAsync(60_000));
  expect(looks).toBe(2);
});

/** The page with an order that calls may replace. */
function open(first: OrderView, moves: Record<string, OrderView> = {}, events = history) {
  let now = first;
  const calls = backend({
    "GET /api/catalog/counter": counterCatalog,
    [`GET /api/orders/${id}`]: () => now,
    [`GET /api/orders/${id}/history`]: { events },
    ...Object.fromEntries(
      Object.entries(moves).map(([what, view]) => [`POST /api/orders/${id}/${what}`, () => (now = view)]),
    ),
  });
  const router = show(OrderPage, "/orders/:order", `/orders/${id}`);
  return { calls, router };
}

const posts = (calls: ReturnType<typeof backend>) =>
  calls.filter(({ method }) => method === "POST").map(({ path }) => path);
const buttons = () => screen.queryAllByRole("button").map(({ textContent }) => textContent);
const steps = (name: string) =>
  within(screen.getByRole("list", { name }))
    .getAllByRole("listitem")
    .map(({ textContent }) => textContent.replace(/^[✓\d]+/, ""));

// covers: R65
test("only an order that is not submitted can be changed; a submitted one is taken back first", async () => {
  const { calls, router } = open(counterOrder("submitted"), { withdraw: counterOrder("draft") });
  expect((await screen.findAllByText("已提交"))[0]).toBeVisible();
  expect(buttons()).not.toContain("修改订单");
  expect(buttons()).not.toContain("修改资料");
  await press("撤回修改");
  expect(await screen.findByText(/修改后可重新提交/)).toBeInTheDocument();
  expect(posts(calls)).toEqual([]);
  await press("撤回");
  await press("修改订单");
  expect(posts(calls)).toEqual([`/api/orders/${id}/withdraw`]);
  expect(router.state.location.pathname + router.state.location.search).toBe(`/counter/order/new?order=${id}`);
});

// covers: R66, R67
test("a saved order is submitted from its page, after one more look", async () => {
  const { calls, router } = open(counterOrder("draft"), { submit: counterOrder("submitted") });
  await press("提交订单");
  expect(await screen.findByText("请再次确认订单信息")).toBeInTheDocument();
  expect(posts(calls)).toEqual([]);
  await press("确认提交");
  await screen.findByText("elsewhere");
  expect(posts(calls)).toEqual([`/api/orders/${id}/submit`]);
  expect(router.state.location.pathname).toBe(`/orders/${id}/pay`);
});

test("a draft that lacks papers says which, and leads to them instead of to a refusal", async () => {
  const { router } = open(lackingDraft);
  const line = await screen.findByRole("article", { name: "企业证书新办" });
  expect(line).toHaveTextContent("电子印章采集模板 未上传");
  expect(line).toHaveTextContent("营业执照 已上传 1 个文件");
  expect(buttons()).not.toContain("提交订单");
  expect(steps("办理进度")).toEqual(["填写资料", "提交订单", "支付", "审核", "制作", "网点领取", "完成"]);
  await press("补齐资料");
  expect(router.state.location.pathname).toBe(`/orders/${id}/lines/1/materials`);
});

// covers: R72
test("a rejected order says what was not approved, what becomes of the money, and how to go on", async () => {
  open(returnedDraft);
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent("审核未通过，订单已退回待提交");
  expect(alert).toHaveTextContent("电子印章采集模板: 图像不清晰，无法辨认");
  expect(alert).toHaveTextContent("已付的 ¥620.00 全额退回原付款账户。 通常最迟 2026/11/26 到账");
  expect(
    within(alert)
      .getAllByRole("listitem")
      .slice(1)
      .map(({ textContent }) => textContent),
  ).toEqual(["修改未通过的资料，其余资料无需再传", "核对订单后重新提交", "重新付款；退款与重新付款互不影响"]);
  expect(screen.getByRole("article", { name: `退款 ${id}_R1` })).toHaveTextContent("审核未通过，全额退款");
  expect(buttons()).toContain("修改资料");
  expect(buttons()).not.toContain("提交订单");
});

// covers: R72
test("once the refused papers are replaced it is submitted and paid again", async () => {
  const { calls } = open(mendedDraft, { submit: { ...counterOrder("submitted"), refunds: mendedDraft.refunds } });
  expect(await screen.findByText(/未通过的资料已经更换/)).toBeVisible();
  await press("提交订单");
  await press("确认提交");
  await screen.findByText("elsewhere");
  expect(posts(calls)).toEqual([`/api/orders/${id}/submit`]);
  cleanup();
  open({ ...counterOrder("submitted"), refunds: mendedDraft.refunds });
  expect(await screen.findByText(/本次需要重新付款/)).toBeVisible();
  expect(buttons()).toContain("去支付");
});

// covers: R69
test("the record tells the whole flow: what, from which state to which, why, and who", async () => {
  open(readyOrder, {}, counterHistory);
  const record = within(await screen.findByRole("region", { name: "查看记录" }));
  await record.findByText("保存办理资料");
  const entries = record.getAllByRole("listitem").map(({ textContent }) => textContent);
  const entry = (what: string) => entries.find((text) => text.startsWith(what));
  expect(entry("撤回订单，可继续修改")).toMatch(/已提交 → 待提交 · .* · 本企业$/);
  expect(entry("付款成功")).toMatch(/¥620\.00已提交 → 已支付 · .* · 支付平台$/);
  expect(entry("审核未通过，需修改资料")).toMatch(/图像不清晰.*待审核 → 待提交 · .* · 工作人员$/);
  expect(entry("退回重新审核")).toMatch(/原因：企业名称与营业执照不一致办理中 → 待审核/);
  expect(entry("已在网点领取")).toMatch(/待领取 → 已完成/);
});

test("the record has words for lines that end, and for what is done with a key", async () => {
  open(mixedOrder, {}, exitHistory);
  const agreed = await screen.findByText("终止或转为补办，已复核");
  expect(agreed.closest("li")).toHaveTextContent("原因：密钥已损坏，无法续期");
  expect(agreed.closest("li")).toHaveTextContent("待办理 → 已取消");
  expect(screen.getByText("已在密钥上开始办理").closest("li")).toHaveTextContent("BJ20251100007");
  expect(screen.getByText("已在密钥上办理完成")).toBeVisible();
});

// covers: R77
test("the states of the order service have its own names", async () => {
  for (const [display, word] of [
    ["draft", "待提交"],
    ["submitted", "已提交"],
    ["handling", "办理中"],
  ] as const) {
    cleanup();
    open(counterOrder(display));
    expect(await screen.findByRole("article", { name: "企业证书新办" })).toHaveTextContent(word);
  }
});

test("whoever fetches the keys reads where, and that the branch calls", async () => {
  open(counterOrder("handling"));
  expect(
    await screen.findByText(`审核已通过，正在办理。制作完成后，${BRANCH.name}的工作人员会与您联系领取。`),
  ).toBeVisible();
  const about = screen.getByRole("region", { name: "订单信息" });
  expect(about).toHaveTextContent(`领取网点${BRANCH.name}`);
  expect(about).not.toHaveTextContent("收件信息");
  cleanup();
  open(readyOrder);
  expect(await screen.findByText(new RegExp(`密钥已制作完成，在${BRANCH.name}等待领取`))).toBeVisible();
});

test("seals have a price of their own, in the open", async () => {
  open(counterOrder("draft"));
  const line = await screen.findByRole("article", { name: "企业证书新办" });
  expect(line).toHaveTextContent("¥280.00 × 2 + 签章 ¥60.00 × 1");
  expect(line).toHaveTextContent("2 个密钥中 1 个带签章");
});

test("lines that go different ways show their own steps", async () => {
  open(mixedOrder);
  const renewal = await screen.findByRole("article", { name: "密钥续期" });
  expect(steps("办理进度")).toEqual(["提交订单", "支付", "逐项办理", "完成"]);
  expect(steps("密钥续期的办理进度")).toEqual(["提交订单", "支付", "用密钥办理", "完成"]);
  expect(steps("带签章电子密钥的办理进度")).toEqual(["提交订单", "支付", "上传资料", "审核", "制作", "发货", "完成"]);
  expect(renewal).toHaveTextContent("待办理");
  expect(renewal).toHaveTextContent("BJ20251100007");
});

test("what is done with one's key says how, and has one button for it, at the top", async () => {
  open(unlockOrder);
  const line = await screen.findByRole("article", { name: "密钥解锁" });
  expect(line).toHaveTextContent("将被锁的密钥插到电脑上，输入法定代表人的身份证号");
  expect(within(line).queryByRole("button")).toBeNull();
  expect(buttons().filter((text) => text === "去解锁")).toHaveLength(1);
  expect(steps("办理进度")).toEqual(["提交订单", "支付", "用密钥办理", "完成"]);
});

test("an upgrade shows its credit with the reckoning, and the carried year as the system's own line", async () => {
  open(upgradeOrder);
  const line = await screen.findByRole("article", { name: "介质升级" });
  expect(line).toHaveTextContent("¥360.00 × 1 − 折算优惠 ¥165.81");
  expect(line).toHaveTextContent("剩余年限1 年 8 个月 9 天");
  expect(line).toHaveTextContent("转接到新介质1 年");
  const carried = screen.getByRole("article", { name: "密钥续期" });
  expect(carried).toHaveTextContent("系统生成的商品：旧密钥剩余时间中的 1 年结转到新密钥（商品 1）");
  expect(carried).toHaveTextContent("¥0.00");
});

test("who comes for a line is led to it, and does there what waits for the key", async () => {
  const looked = vi.spyOn(Element.prototype, "scrollIntoView");
  backend({ [`GET /api/orders/${id}`]: twoRenewals, [`GET /api/orders/${id}/history`]: { events: history } });
  show(OrderPage, "/orders/:order", `/orders/${id}#line-2`);
  const lines = await screen.findAllByRole("article");
  await waitFor(() => expect(lines[1]).toHaveFocus());
  expect(looked.mock.contexts).toEqual([lines[1]]);
  cleanup();
  looked.mockClear();
  backend({ [`GET /api/orders/${id}`]: renewalOrder, [`GET /api/orders/${id}/history`]: { events: history } });
  show(OrderPage, "/orders/:order", `/orders/${id}#line-1`);
  const [line] = await screen.findAllByRole("article");
  expect(within(line ?? document.body).getByRole("button", { name: `去续期，密钥 ${SERIAL}` })).toBeInTheDocument();
  expect(line).toHaveFocus();
});

test.each(["", "#line-7", "#line-x", "#next"])("an address of no line leads to the top: %j", async (hash) => {
  const looked = vi.spyOn(Element.prototype, "scrollIntoView");
  backend({ [`GET /api/orders/${id}`]: renewalOrder, [`GET /api/orders/${id}/history`]: { events: history } });
  show(OrderPage, "/orders/:order", `/orders/${id}${hash}`);
  const [line] = await screen.findAllByRole("article");
  expect(line).not.toContainElement(screen.getByRole("button", { name: `去续期，密钥 ${SERIAL}` }));
  expect(looked).not.toHaveBeenCalled();
});
