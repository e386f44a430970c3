import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import type { PeopleView } from "../../api/schema";
import { backend, problem, show } from "../../testing/backend";
import { history, people } from "../../testing/fixtures-file";
import { press, type } from "../../testing/hands";
import { HistoryPage } from "./HistoryPage";
import { PeoplePage } from "./PeoplePage";

const GET = "GET /api/company/people";

function open() {
  show(PeoplePage, "/company/people", "/company/people");
}

test("a new person is added without a password and told how to set one", async () => {
  let tries = 0;
  const calls = backend({
    [GET]: people,
    "POST /api/company/people": () => {
      tries += 1;
      return tries === 1
        ? problem("invalid_fields", 422, {
            errors: [{ field: "account", code: "taken", message: "已被使用，请换一个" }],
          })
        : people;
    },
  });
  open();
  await press("添加人员");
  await type("姓名", "周新");
  await type("手机号", "13900139000");
  await type("账号名", "shili");
  await press("添加人员");
  await waitFor(() => expect(screen.getByLabelText("账号名")).toHaveAccessibleDescription(/已被使用/));
  await type("账号名", "zhouxin");
  await press("添加人员");
  expect(await screen.findByText(/已添加 周新.*忘记密码/)).toBeVisible();
  expect(calls.filter(({ method }) => method === "POST").at(-1)?.body).toEqual({
    name: "周新",
    mobile: "13900139000",
    account: "zhouxin",
  });
});

test("when somebody else changed the same person, what was typed stays and theirs is shown", async () => {
  const second = people.people[1];
  let now: PeopleView = people;
  const calls = backend({
    [GET]: () => now,
    [`PUT /api/company/people/${String(second?.id)}`]: ({ body }) =>
      (body as { version: number }).version === 3 ? problem("changed_meanwhile", 409) : people,
  });
  open();
  await press("编辑 韩梅");
  await type("姓名", "韩梅梅");
  now = { people: people.people.map((one) => (one === second ? { ...one, mobile: "13700137000", version: 4 } : one)) };
  await press("确认更新");
  expect(await screen.findByRole("alert")).toHaveTextContent("手机号：由“13800138002”改为“13700137000”");
  expect(screen.getByLabelText("姓名")).toHaveValue("韩梅梅");
  await press("确认更新");
  expect(await screen.findByText("韩梅梅 的信息已更新。")).toBeVisible();
  expect(calls.filter(({ method }) => method === "PUT").at(-1)?.body).toEqual({
    name: "韩梅梅",
    mobile: "13700137000",
    account: "shili2",
    version: 4,
  });
});

test("somebody is removed for good after a question; the main person and oneself stay", async () => {
  const second = people.people[1];
  const calls = backend({ [GET]: people, [`DELETE /api/company/people/${String(second?.id)}`]: people });
  open();
  await press("移除 韩梅");
  await screen.findByText(/确定移除 韩梅 吗？.*不能恢复/);
  expect(calls.some(({ method }) => method === "DELETE")).toBe(false);
  await press("确定");
  expect(await screen.findByText(/韩梅 已移除/)).toBeVisible();
  expect(calls.find(({ method }) => method === "DELETE")?.search).toBe("?version=3");
  expect(screen.queryByRole("button", { name: "移除 李雷" })).toBeNull();
});

test("somebody else is made the main person; nobody without a password", async () => {
  const second = people.people[1];
  const calls = backend({ [GET]: people, [`POST /api/company/people/${String(second?.id)}/main`]: people });
  open();
  await press("将 韩梅 设为默认登录人");
  expect(await screen.findByText("韩梅 已设为默认登录人。")).toBeVisible();
  expect(calls.some(({ method }) => method === "POST")).toBe(true);
  expect(screen.queryByRole("button", { name: "将 赵小明 设为默认登录人" })).toBeNull();
});

test("at ten people nobody can be added", async () => {
  const many = Array.from({ length: 10 }, (_, no) => ({ ...people.people[1], id: `us_${String(no)}` }));
  backend({ [GET]: { people: many } });
  open();
  expect(await screen.findByRole("button", { name: "添加人员" })).toBeDisabled();
  expect(screen.getByText(/已有 10 人/)).toBeVisible();
});

// covers: R54
test("the history says in words who changed which fields, secrets masked", async () => {
  backend({ "GET /api/company/history": history });
  show(HistoryPage, "/company/history", "/company/history");
  expect(await screen.findByText("李雷修改了基本信息")).toBeVisible();
  expect(screen.getByText("手机号：由“13700137000”改为“13800138000”")).toBeVisible();
  expect(screen.getByText("发票类型：填写为“增值税专用发票”")).toBeVisible();
  expect(screen.getByText(/身份证号：填写为“3201\*+002X”/)).toBeVisible();
  expect(screen.getByText("工作人员审核通过了企业资料")).toBeVisible();
});
