import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { backend, problem, show } from "../../testing/backend";
import { branches, person, request, requests, staffList } from "../../testing/fixtures-staff";
import { StaffPage } from "./StaffPage";

const base = {
  "GET /api/console/staff": staffList,
  "GET /api/console/staff/requests": requests,
  "GET /api/console/branches": branches,
};
const ROLES = `PUT /api/console/staff/${person().id}/roles`;
const open = () => show(StaffPage, "/console/staff", "/console/staff");
/** By its text: to look by role and name takes seconds on a page with many fields. */
const press = (name: string) => fireEvent.click(screen.getByText(name, { selector: "button *" }));
const role = (name: RegExp) => screen.getByLabelText(name);

function type(label: string, text: string) {
  fireEvent.change(screen.getByLabelText(label), { target: { value: text } });
}

test("one's own request waits for a second administrator; another's can be agreed to", async () => {
  const calls = backend({
    ...base,
    [`POST /api/console/staff/requests/${request().id}/approve`]: { requests: [] },
  });
  open();
  const own = await screen.findByLabelText(/李卫东 的角色改为/, { selector: "article" });
  expect(own).toHaveTextContent("须由另一位管理员确认");
  expect(within(own).queryByRole("button")).toBeNull();
  const other = screen.getByLabelText(/邀请 周明/, { selector: "article" });
  fireEvent.click(within(other).getByLabelText(/^同意/));
  fireEvent.click(await screen.findByText("确定"));
  expect(await screen.findByText("没有等待确认的变更。")).toBeVisible();
  expect(calls.filter(({ path }) => path.endsWith("/approve"))).toHaveLength(1);
});

test("a decision that needs a second person says so", async () => {
  backend({
    ...base,
    [`POST /api/console/staff/requests/${request().id}/approve`]: problem("second_person", 409, {
      title: "此操作需要另一位人员确认",
    }),
  });
  open();
  fireEvent.click(await screen.findByLabelText(/^同意/));
  fireEvent.click(await screen.findByText("确定"));
  expect(await screen.findByText("此操作需要另一位人员确认")).toBeVisible();
});

test("declining needs a reason", async () => {
  const path = `/api/console/staff/requests/${request().id}/decline`;
  const calls = backend({ ...base, [`POST ${path}`]: { requests: [] } });
  open();
  fireEvent.click(await screen.findByLabelText(/^拒绝/));
  const dialog = await screen.findByRole("dialog");
  fireEvent.click(within(dialog).getByText("拒绝"));
  await waitFor(() => expect(within(dialog).getByLabelText("原因")).toHaveAccessibleDescription(/请填写此项/));
  fireEvent.change(within(dialog).getByLabelText("原因"), { target: { value: "人数已满" } });
  fireEvent.click(within(dialog).getByText("拒绝"));
  await screen.findByText("已拒绝。");
  expect(calls.find((call) => call.path === path)?.body).toEqual({ reason: "人数已满" });
});

test("an invitation names roles, a branch where one is needed, and why; an administrator has no other role", async () => {
  const calls = backend({ ...base, "POST /api/console/staff/invites": requests });
  open();
  press("邀请人员");
  type("姓名", "周明");
  type("工作邮箱", "zhou.ming@sealkey.example");
  type("原因", "新同事");
  press("提交邀请");
  expect(await screen.findByText("请至少选择一个角色")).toBeVisible();
  fireEvent.click(role(/^管理员/));
  await waitFor(() => expect(role(/^审核人员/)).toBeDisabled());
  fireEvent.click(role(/^管理员/));
  await waitFor(() => expect(role(/^审核人员/)).toBeEnabled());
  fireEvent.click(role(/^网点人员/));
  await waitFor(() => expect(role(/^管理员/)).toBeDisabled());
  press("提交邀请");
  await waitFor(() => expect(screen.getByLabelText("网点")).toHaveAccessibleDescription(/请选择网点/));
  fireEvent.mouseDown(screen.getByLabelText("网点"));
  fireEvent.click(await screen.findByText("苏州工业园网点", { selector: ".ant-select-item-option-content" }));
  press("提交邀请");
  expect(await screen.findByText("已提交对 周明 的邀请，等待另一位管理员确认。")).toBeVisible();
  expect(calls.find(({ path }) => path.endsWith("/invites"))?.body).toEqual({
    name: "周明",
    mail: "zhou.ming@sealkey.example",
    roles: ["branch"],
    branch: "br_01hzzzzzzzzzzzzzzzzzzzzzz2",
    reason: "新同事",
  });
});

test("taking a role away happens at once, giving one waits; the page says so before", async () => {
  const calls = backend({ ...base, [ROLES]: staffList });
  open();
  fireEvent.click(await screen.findByLabelText("修改角色: 李卫东"));
  await screen.findByText("角色没有变化");
  fireEvent.click(role(/^制证人员/));
  expect(await screen.findByText("立即取消：制证人员")).toBeVisible();
  fireEvent.click(role(/^发货人员/));
  expect(await screen.findByText("须由另一位管理员确认后生效：发货人员")).toBeVisible();
  expect(screen.getByText(/同时取消，也在确认后生效：制证人员/)).toBeVisible();
  type("原因", "换岗");
  press("保存角色");
  expect(await screen.findByText("李卫东 的变更已提交，等待另一位管理员确认。")).toBeVisible();
  expect(calls.find(({ method }) => method === "PUT")?.body).toEqual({
    version: 4,
    roles: ["reviewer", "shipper"],
    branch: null,
    reason: "换岗",
  });
});

test("who was overtaken by another administrator sees what changed and loses nothing", async () => {
  let changed = false;
  const calls = backend({
    ...base,
    "GET /api/console/staff": () => ({
      staff: [changed ? person({ roles: ["reviewer", "finance"], version: 5 }) : person()],
    }),
    [ROLES]: () => {
      if (changed) {
        return staffList;
      }
      changed = true;
      return problem("changed_meanwhile", 409);
    },
  });
  open();
  fireEvent.click(await screen.findByLabelText("修改角色: 李卫东"));
  await screen.findByText("角色没有变化");
  fireEvent.click(role(/^制证人员/));
  await screen.findByText("立即取消：制证人员");
  type("原因", "换岗");
  press("保存角色");
  expect(await screen.findByText(/其他管理员刚刚修改了此人，现在的角色：审核人员、财务/)).toBeVisible();
  expect(screen.getByLabelText("原因")).toHaveValue("换岗");
  expect(role(/^制证人员/)).not.toBeChecked();
  press("保存角色");
  await waitFor(() => expect(calls.filter(({ method }) => method === "PUT")).toHaveLength(2));
  expect(calls.filter(({ method }) => method === "PUT")[1]?.body).toMatchObject({ version: 5, roles: ["reviewer"] });
});

test("suspending is immediate, with a reason; one's own account is for others", async () => {
  const calls = backend({ ...base, [`POST /api/console/staff/${person().id}/suspend`]: staffList });
  open();
  const me = await screen.findByLabelText("韩梅梅", { selector: "article" });
  expect(within(me).queryByRole("button")).toBeNull();
  fireEvent.click(screen.getByLabelText("停用: 李卫东"));
  const dialog = await screen.findByRole("dialog");
  expect(dialog).toHaveTextContent("立即生效");
  fireEvent.change(within(dialog).getByLabelText("原因"), { target: { value: "离职" } });
  fireEvent.click(within(dialog).getByText("停用"));
  expect(await screen.findByText("李卫东 已停用。")).toBeVisible();
  expect(calls.find(({ path }) => path.endsWith("/suspend"))?.body).toEqual({ reason: "离职" });
});
