import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import { backend, problem, show } from "../../testing/backend";
import { RECOVERY, recovery, recoveryQueue, recoveryRow } from "../../testing/fixtures-file";
import { press } from "../../testing/hands";
import { RecoveryPage } from "./RecoveryPage";
import { RecoveryQueuePage } from "./RecoveryQueuePage";

const path = `/api/console/recoveries/${RECOVERY}`;

function open() {
  return show(RecoveryPage, "/console/recoveries/:recovery", `/console/recoveries/${RECOVERY}`);
}

test("the queue shows how many have agreed", async () => {
  backend({ "GET /api/console/recoveries": recoveryQueue });
  show(RecoveryQueuePage, "/console/recoveries", "/console/recoveries");
  expect(await screen.findByRole("row", { name: /南京示例/ })).toHaveTextContent("0 / 2 人同意");
  expect(screen.getByRole("row", { name: /上海另一家/ })).toHaveTextContent("您已审核");
});

test("what was typed stands beside what is on record, and a difference is marked", async () => {
  const view = recovery();
  const { company } = view;
  backend({ [`GET ${path}`]: { ...view, company: company && { ...company, name: "南京示例建设有限公司" } } });
  open();
  const row = await screen.findByRole("row", { name: /企业名称/ });
  expect(row).toHaveTextContent("南京示例建设工程有限公司");
  expect(row).toHaveTextContent("南京示例建设有限公司");
  expect(row).toHaveTextContent("不一致");
  expect(screen.getByRole("row", { name: /手机号/ })).toHaveTextContent(/13900139000\s*13800138000/);
});

test("a reviewer agrees and is back at the queue", async () => {
  const calls = backend({ [`GET ${path}`]: recovery(), [`POST ${path}/decide`]: recovery() });
  const router = open();
  await press("同意");
  await press("确定");
  await waitFor(() => expect(router.state.location.pathname).toBe("/console/recoveries"));
  expect(calls.find(({ method }) => method === "POST")?.body).toEqual({ approve: true, note: "" });
});

test("a refusal needs a note", async () => {
  const calls = backend({ [`GET ${path}`]: recovery(), [`POST ${path}/decide`]: recovery("refused") });
  open();
  await press("拒绝");
  await waitFor(() => expect(screen.getByLabelText("说明")).toHaveAccessibleDescription(/拒绝时请填写说明/));
  expect(screen.queryByText(/确定拒绝/)).toBeNull();
  fireEvent.change(screen.getByLabelText("说明"), { target: { value: "授权书没有盖章。" } });
  await press("拒绝");
  await press("确定");
  await waitFor(() => expect(calls.some(({ method }) => method === "POST")).toBe(true));
  expect(calls.find(({ method }) => method === "POST")?.body).toEqual({ approve: false, note: "授权书没有盖章。" });
});

test("the second decision is another person's", async () => {
  let decided = false;
  backend({
    [`GET ${path}`]: () => recovery("submitted", { row: recoveryRow({ approvals: 1, decided_by_me: decided }) }),
    [`POST ${path}/decide`]: () => {
      decided = true;
      return problem("second_person", 409, { title: "此操作需要另一位人员确认，不能由同一人完成。" });
    },
  });
  open();
  expect(await screen.findByText(/已有一位审核人员同意/)).toBeVisible();
  await press("同意");
  await press("确定");
  expect(await screen.findByText(/需要由另一位审核人员决定/)).toBeVisible();
  expect(screen.getByText(/不能由同一人完成/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "同意" })).toBeNull();
});

test("without a company that fits it can only be refused", async () => {
  backend({ [`GET ${path}`]: recovery("submitted", { company: null }) });
  open();
  expect(await screen.findByText(/只能拒绝/)).toBeVisible();
  expect(screen.getByRole("button", { name: "同意" })).toBeDisabled();
  expect(screen.getByRole("button", { name: "拒绝" })).toBeEnabled();
});
