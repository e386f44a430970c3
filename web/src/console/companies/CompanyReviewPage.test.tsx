import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import { backend, problem, show } from "../../testing/backend";
import { COMPANY, companyQueue, detail, rival } from "../../testing/fixtures-file";
import { press } from "../../testing/hands";
import { CompanyQueuePage } from "./CompanyQueuePage";
import { CompanyReviewPage } from "./CompanyReviewPage";

const path = `/api/console/qualifications/${COMPANY}`;
const mine = { claimed: true, mine: true };

function open() {
  return show(CompanyReviewPage, "/console/companies/:company", `/console/companies/${COMPANY}`);
}

test("the queue shows who waits and who has taken what", async () => {
  backend({ "GET /api/console/qualifications": companyQueue });
  show(CompanyQueuePage, "/console/companies", "/console/companies");
  const link = await screen.findByRole("link", { name: "上海另一家科技股份有限公司" });
  expect(link).toHaveAttribute("href", "/console/companies/co_01hzzzzzzzzzzzzzzzzzzzzzz1");
  expect(screen.getByRole("row", { name: /上海另一家/ })).toHaveTextContent("同事");
  expect(screen.getByRole("row", { name: /北京示例/ })).toHaveTextContent("我");
});

// covers: R2, R3
test("a reviewer takes a company, sees what approval does to others, and approves", async () => {
  const calls = backend({
    [`GET ${path}`]: detail({ rivals: [rival] }),
    [`POST ${path}/claim`]: detail({ ...mine, rivals: [rival] }),
    [`POST ${path}/approve`]: new Response(null, { status: 204 }),
  });
  const router = open();
  expect(await screen.findByRole("img", { name: "营业执照 第 1 页" })).toBeVisible();
  expect(screen.queryByRole("button", { name: "审核通过" })).toBeNull();
  await press("领取审核");
  await press("审核通过");
  await screen.findByText(/归此记录所有/);
  screen.getByText(new RegExp(`将失去该名称和代码.*${rival.credit_code}`));
  expect(calls.some(({ path: called }) => called.endsWith("/approve"))).toBe(false);
  await press("确定");
  await waitFor(() => expect(router.state.location.pathname).toBe("/console/companies"));
  expect(calls.at(-1)?.body).toEqual({ version: 7 });
});

// covers: R3
test("what goes back has a reason each; nothing written is lost when the data changed meanwhile", async () => {
  let version = 7;
  const calls = backend({
    [`GET ${path}`]: () => detail({ ...mine, version }),
    [`POST ${path}/reject`]: ({ body }) =>
      (body as { version: number }).version === 7
        ? problem("changed_meanwhile", 409)
        : new Response(null, { status: 204 }),
  });
  const router = open();
  await press("退回修改");
  await press("确认退回");
  expect(await screen.findByText("请至少勾选一项")).toBeVisible();
  fireEvent.click(screen.getByRole("checkbox", { name: "营业执照" }));
  await press("确认退回");
  expect(await screen.findByText("请选择退回原因", { selector: "[role=alert]" })).toBeVisible();
  fireEvent.mouseDown(screen.getByRole("combobox", { name: "营业执照：退回原因" }));
  fireEvent.click(await screen.findByText("其他原因", { selector: ".ant-select-item-option-content" }));
  await press("确认退回");
  expect(await screen.findByText("请填写说明")).toBeVisible();
  fireEvent.change(screen.getByLabelText("营业执照：说明"), { target: { value: "请拍摄正本。" } });
  version = 8;
  await press("确认退回");
  expect(await screen.findByText(/已显示最新内容/)).toBeVisible();
  expect(screen.getByLabelText("营业执照：说明")).toHaveValue("请拍摄正本。");
  await press("确认退回");
  await waitFor(() => expect(router.state.location.pathname).toBe("/console/companies"));
  expect(calls.filter(({ method }) => method === "POST").at(-1)?.body).toEqual({
    version: 8,
    refusals: [{ item: "licence", reason: "other", note: "请拍摄正本。" }],
  });
  expect(sessionStorage).toHaveLength(0);
});

test("the full ID number is shown on demand, to the reviewer in charge, who is told that it is noted", async () => {
  backend({
    [`GET ${path}`]: detail(mine),
    [`POST ${path}/id-number`]: { id_number: "11010519491231002X" },
  });
  open();
  expect(await screen.findByText("3201**********002X")).toBeVisible();
  expect(screen.getByText(/每次查看都会记入审计记录/)).toBeVisible();
  await press("查看完整身份证号");
  await press("确定");
  expect(await screen.findByText("11010519491231002X")).toBeVisible();
  await press("隐藏");
  await waitFor(() => expect(screen.queryByText("11010519491231002X")).toBeNull());
  cleanup();
  backend({ [`GET ${path}`]: detail() });
  open();
  await screen.findByText("3201**********002X");
  expect(screen.queryByRole("button", { name: "查看完整身份证号" })).toBeNull();
});

test("a name that an approved record owns cannot be approved away", async () => {
  backend({ [`GET ${path}`]: detail({ ...mine, rivals: [{ ...rival, state: "approved" }] }) });
  open();
  expect(await screen.findByText(/不能通过/)).toBeVisible();
  expect(screen.getByRole("button", { name: "审核通过" })).toBeDisabled();
  expect(screen.getByRole("button", { name: "退回修改" })).toBeEnabled();
});

test("what a colleague has taken is theirs", async () => {
  backend({ [`GET ${path}`]: detail({ claimed: true }) });
  open();
  expect(await screen.findByText("其他同事正在审核该企业的资料。")).toBeVisible();
  expect(screen.queryByRole("button", { name: "审核通过" })).toBeNull();
});
