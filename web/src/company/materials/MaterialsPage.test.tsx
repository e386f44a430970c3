import { cleanup, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";

import type { OrderView } from "../../api/schema";
import { backend, show } from "../../testing/backend";
import { order } from "../../testing/fixtures";
import { counterOrder, lackingDraft, mendedDraft, returnedDraft } from "../../testing/fixtures-orders";
import { press, type } from "../../testing/hands";
import { MaterialsPage } from "./MaterialsPage";

const { id } = order("draft");

function open(view: OrderView) {
  const calls = backend({
    [`GET /api/orders/${id}`]: view,
    [`POST /api/orders/${id}/lines/1/materials`]: { ...view, version: view.version + 1 },
  });
  const router = show(MaterialsPage, "/orders/:order/lines/:line/materials", `/orders/${id}/lines/1/materials`);
  return { calls, router };
}

test("papers of a draft are saved with it, though one is still missing, and the page leads back to the order", async () => {
  const { calls, router } = open(lackingDraft);
  await type("法定代表人", "王建国");
  expect(screen.queryByText("提交审核")).toBeNull();
  expect(screen.getByText(/资料不齐也可先保存/)).toBeVisible();
  await press("保存资料");
  await screen.findByText("elsewhere");
  expect(router.state.location.pathname).toBe(`/orders/${id}`);
  expect(calls.find(({ method }) => method === "POST")?.body).toEqual({
    basic: { legal_representative: "王建国", agent_name: "李雷", agent_mobile: "13800138000" },
    papers: lackingDraft.lines[0]?.papers.map((paper) => paper.id),
  });
});

test("a paper of a draft that nobody has looked at can be taken out again", async () => {
  const { calls } = open(lackingDraft);
  await press("移除 授权书.pdf");
  await press("保存资料");
  await screen.findByText("elsewhere");
  expect(calls.find(({ method }) => method === "POST")?.body).toMatchObject({
    papers: [lackingDraft.lines[0]?.papers[0]?.id],
  });
});

// covers: R72
test("after a rejection the refused paper is marked with its reason, the others are still there", async () => {
  open(returnedDraft);
  const refused = await screen.findByRole("region", { name: "电子印章采集模板" });
  expect(refused).toHaveTextContent("图像不清晰，无法辨认");
  expect(refused).toHaveTextContent("公章左下角不清晰");
  expect(within(refused).queryByText("印章.png")).toBeNull();
  expect(screen.getByRole("region", { name: "营业执照" })).toHaveTextContent("营业执照.jpg");
  expect(screen.getByText(/以下标出的资料未通过审核/)).toBeVisible();
});

test("what the tab remembers from before a rejection does not bring the refused paper back", async () => {
  open(mendedDraft);
  expect(await screen.findByText("印章.png")).toBeVisible();
  cleanup();
  open(returnedDraft);
  const refused = await screen.findByRole("region", { name: "电子印章采集模板" });
  expect(within(refused).queryByText("印章.png")).toBeNull();
});

test("a submitted order says how its papers can be changed", async () => {
  open(counterOrder("submitted"));
  expect(await screen.findByText("订单已提交。如需修改资料，请先在订单明细中撤回。")).toBeVisible();
  expect(screen.queryByText("保存资料")).toBeNull();
});

test("a draft of the mall asks for no papers yet", async () => {
  open(order("draft"));
  expect(await screen.findByText("当前状态不需要上传资料。")).toBeVisible();
});
