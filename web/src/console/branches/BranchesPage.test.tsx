import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import { backend, problem, show } from "../../testing/backend";
import { BRANCH, branches } from "../../testing/fixtures-staff";
import { BranchesPage } from "./BranchesPage";

const open = () => show(BranchesPage, "/console/branches", "/console/branches");
/** By its text: to look by role and name takes seconds on a page with many fields. */
const press = (name: string) => fireEvent.click(screen.getByText(name, { selector: "button *" }));

function type(label: string, text: string) {
  fireEvent.change(screen.getByLabelText(label), { target: { value: text } });
}

test("a branch is added; what is wrong is said at its field", async () => {
  let tries = 0;
  const calls = backend({
    "GET /api/console/branches": { branches: [] },
    "POST /api/console/branches": () => {
      tries += 1;
      return tries === 1
        ? problem("invalid_fields", 422, { errors: [{ field: "name", code: "taken", message: "已被使用" }] })
        : branches;
    },
  });
  open();
  await screen.findByText("还没有网点。");
  press("新增网点");
  type("网点名称", "南京玄武网点");
  type("地址", "中山路 100 号");
  type("电话", "不知道");
  press("保存");
  await waitFor(() => expect(screen.getByLabelText("电话")).toHaveAccessibleDescription(/有效的电话号码/));
  type("电话", "025-12345678");
  press("保存");
  await waitFor(() => expect(screen.getByLabelText("网点名称")).toHaveAccessibleDescription(/已被使用/));
  press("保存");
  expect(await screen.findByText("已新增网点 南京玄武网点。")).toBeVisible();
  expect(calls.at(-1)?.body).toEqual({ name: "南京玄武网点", address: "中山路 100 号", phone: "025-12345678" });
});

test("who was overtaken by another administrator sees what changed and loses nothing", async () => {
  const before = branches.branches[0];
  let changed = false;
  const calls = backend({
    "GET /api/console/branches": () => ({
      branches: [changed ? { ...before, phone: "025-99999999", version: 3 } : before],
    }),
    [`PUT /api/console/branches/${BRANCH}`]: () => {
      if (changed) {
        return branches;
      }
      changed = true;
      return problem("changed_meanwhile", 409);
    },
  });
  open();
  fireEvent.click(await screen.findByLabelText("修改: 南京玄武网点"));
  type("地址", "珠江路 1 号");
  press("保存");
  expect(await screen.findByText(/其他管理员刚刚修改了此网点.*025-99999999/)).toBeVisible();
  expect(screen.getByLabelText("地址")).toHaveValue("珠江路 1 号");
  press("保存");
  expect(await screen.findByText("网点 南京玄武网点 已更新。")).toBeVisible();
  expect(
    calls.filter(({ method }) => method === "PUT").map(({ body }) => (body as { version: number }).version),
  ).toEqual([2, 3]);
});
