import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import type { ConsoleOrder, Role } from "../../api/schema";
import { backend, problem, show } from "../../testing/backend";
import { catalog, staff } from "../../testing/fixtures";
import * as fixture from "../../testing/fixtures-orders-desk";
import { branches } from "../../testing/fixtures-staff";
import { press, type } from "../../testing/hands";
import { ConsoleOrderPage } from "./ConsoleOrderPage";

const base = `/api/console/orders/${fixture.ORDER}`;
const asked = fixture.consoleOrder({ exits: [fixture.exit({ mine: true })] });

function open(view: ConsoleOrder | (() => ConsoleOrder), replies: Record<string, object> = {}, role: Role = "support") {
  const calls = backend({
    [`GET ${base}`]: view,
    "GET /api/catalog/mall": { ...catalog, products: [fixture.replacement] },
    "GET /api/console/branches": branches,
    ...replies,
  });
  show(ConsoleOrderPage, "/console/orders/:order", `/console/orders/${fixture.ORDER}`, staff(role));
  return () => calls.filter(({ method }) => method !== "GET").map(({ method, path, body }) => ({ method, path, body }));
}

const line = (no: number) => screen.findByRole("article", { name: `商品 ${String(no)}` });
const buttons = (of: HTMLElement) =>
  within(of)
    .queryAllByRole("button")
    .map((one) => one.textContent);

test("the order is whole: lines with their reckoning, keys, refunds, and who of the staff did what", async () => {
  open(fixture.consoleOrder());
  const upgraded = await line(3);
  expect(upgraded).toHaveTextContent("单价¥360.00 × 1 个");
  expect(upgraded).toHaveTextContent("签章¥80.00 × 1 个");
  expect(upgraded).toHaveTextContent("剩余年限折算−¥120.00");
  expect(upgraded).toHaveTextContent("小计¥320.00");
  expect(upgraded).toHaveTextContent("CPP2023080042");
  expect(upgraded).toHaveTextContent("已作废");
  expect(await line(4)).toHaveTextContent("由商品 3 的升级结转");
  expect(screen.getByRole("article", { name: `${fixture.ORDER}_R1` })).toHaveTextContent("订单重复付款");
  const history = screen.getByRole("region", { name: "完整记录" });
  expect(history).toHaveTextContent("陈同事");
  expect(history).toHaveTextContent("赵本人 (您)");
  expect(history).toHaveTextContent("付款成功 ¥1,120.00");
});

test("where it is fetched stands by its name", async () => {
  open(fixture.branchOrder);
  expect(await screen.findByText("南京玄武网点")).toBeVisible();
});

test("each line has the ways out that the API gives it, and no others", async () => {
  open(fixture.consoleOrder());
  expect(buttons(await line(1)).slice(-2)).toEqual(["退回审核", "退款并结束该商品"]);
  expect(buttons(await line(2)).slice(-2)).toEqual(["改为补办", "退款并结束该商品"]);
  expect(buttons(await line(4))).toEqual([]);
});

test("returning to review needs a reason, and says that no money moves", async () => {
  const deeds = open(fixture.consoleOrder(), { [`POST ${base}/lines/1/return`]: fixture.consoleOrder() });
  await press("退回审核：商品 1");
  expect(await screen.findByRole("dialog")).toHaveTextContent("不涉及款项");
  await press("确认退回审核");
  await waitFor(() => expect(screen.getByLabelText("原因")).toHaveAccessibleDescription(/请填写此项/));
  expect(deeds()).toEqual([]);
  await type("原因", " 营业执照已变更。 ");
  await press("确认退回审核");
  expect(await screen.findByText("商品 1 已退回审核。")).toBeVisible();
  expect(deeds()).toEqual([{ method: "POST", path: `${base}/lines/1/return`, body: { reason: "营业执照已变更。" } }]);
});

test("asking for a refund says the sum, what ends with it, and that a second person has to agree", async () => {
  const deeds = open(fixture.consoleOrder(), { [`POST ${base}/lines/3/exit`]: asked });
  await press("退款并结束该商品：商品 3");
  const dialog = await screen.findByRole("dialog");
  expect(dialog).toHaveTextContent("退回付款人的金额（原支付方式）¥320.00");
  expect(dialog).toHaveTextContent("须由另一位客服或财务人员同意后才会执行");
  expect(dialog).toHaveTextContent("由它结转的商品一并结束");
  expect(dialog).toHaveTextContent("已开始制作的密钥作废");
  await type("原因", "企业已注销。");
  await press("提出退款申请");
  expect(await screen.findByText("商品 3 的申请已提出，等待另一位同事同意。")).toBeVisible();
  expect(deeds()).toEqual([
    { method: "POST", path: `${base}/lines/3/exit`, body: { convert_to: null, reason: "企业已注销。" } },
  ]);
});

test("a conversion names the replacement, with both prices from the API", async () => {
  const deeds = open(fixture.consoleOrder(), { [`POST ${base}/lines/2/exit`]: asked });
  await press("改为补办：商品 2");
  const dialog = await screen.findByRole("dialog");
  await waitFor(() => expect(dialog).toHaveTextContent("补办商品价格¥200.00"));
  expect(dialog).toHaveTextContent("该商品已付¥280.00");
  expect(dialog).toHaveTextContent("差额免收");
  await type("原因", "密钥已损坏。");
  await press("提出补办申请");
  const waiting = await screen.findByRole("article", { name: "商品 2: 改为补办：密钥补办" });
  // What it comes to is the API's to say.
  expect(waiting).toHaveTextContent("退回付款人 ¥80.00");
  expect(deeds()).toEqual([
    { method: "POST", path: `${base}/lines/2/exit`, body: { convert_to: "replacement", reason: "密钥已损坏。" } },
  ]);
});

test("whoever asked cannot agree: words instead of the button, and the line has no other way out", async () => {
  const deeds = open(asked, { [`DELETE ${base}/lines/2/exit`]: fixture.consoleOrder() });
  const waiting = await screen.findByRole("article", { name: /改为补办：密钥补办/ });
  expect(waiting).toHaveTextContent("由您提出，须由另一位同事同意");
  expect(buttons(waiting)).toEqual(["撤回"]);
  expect(buttons(await line(2)).filter((name) => name !== "复制")).toEqual([]);
  await press("撤回：商品 2");
  expect(await screen.findByRole("dialog")).toHaveTextContent("该商品继续按原来的方式办理，不退款");
  await press("确认撤回");
  expect(await screen.findByText("商品 2 的申请已撤回。")).toBeVisible();
  expect(deeds()).toEqual([{ method: "DELETE", path: `${base}/lines/2/exit`, body: undefined }]);
});

test("a colleague agrees after reading the sum from the API", async () => {
  const deeds = open(fixture.consoleOrder({ exits: [fixture.exit({ refund: "79.99" })] }), {
    [`POST ${base}/lines/2/exit/agree`]: fixture.consoleOrder(),
  });
  await press("同意：商品 2");
  const dialog = await screen.findByRole("dialog");
  expect(dialog).toHaveTextContent("该商品立即改为“密钥补办”");
  expect(dialog).toHaveTextContent("退回付款人的金额（原支付方式）¥79.99");
  expect(dialog).toHaveTextContent("同意后不能撤回");
  await press("确认同意");
  expect(await screen.findByText("商品 2 的申请已执行。")).toBeVisible();
  expect(deeds()).toEqual([{ method: "POST", path: `${base}/lines/2/exit/agree`, body: undefined }]);
});

test("where nothing goes back, that is said instead of a sum", async () => {
  open(fixture.consoleOrder({ exits: [fixture.exit({ refund: "0.00" })] }));
  await press("同意：商品 2");
  const dialog = await screen.findByRole("dialog");
  expect(dialog).toHaveTextContent("无需退款，差额免收");
  expect(dialog).not.toHaveTextContent("¥");
});

test("the API's refusal stays in the dialog, and the order is looked at again", async () => {
  let looks = 0;
  open(
    () => {
      looks += 1;
      return fixture.consoleOrder({ exits: [fixture.refundExit] });
    },
    { [`POST ${base}/lines/1/exit/agree`]: problem("second_person", 409, { title: "不能由同一人完成" }) },
  );
  await press("同意：商品 1");
  expect(await screen.findByRole("dialog")).toHaveTextContent("¥1,120.00");
  await press("确认同意");
  expect(await screen.findByText("不能由同一人完成")).toBeInTheDocument();
  await waitFor(() => expect(looks).toBe(2));
});

test("other desks see what waits, and whose it is", async () => {
  open(fixture.consoleOrder({ ways: [], exits: [fixture.refundExit] }), {}, "maker");
  const waiting = await screen.findByRole("article", { name: "商品 1: 退款并结束该商品" });
  expect(waiting).toHaveTextContent("须由客服或财务人员同意");
  expect(waiting).toHaveTextContent("企业已注销。");
  expect(buttons(waiting)).toEqual([]);
});
