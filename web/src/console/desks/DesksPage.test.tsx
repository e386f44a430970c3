import { focusManager } from "@tanstack/react-query";
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import type { OperationView } from "../../api/schema";
import { backend, problem, show } from "../../testing/backend";
import { staff } from "../../testing/fixtures";
import * as own from "../../testing/fixtures-making";
import { press, type } from "../../testing/hands";
import { DesksPage } from "./DesksPage";

const DESKS = "/api/console/desks";
const one = `/api/console/operations/${own.OPERATION}`;
const open = (role: "maker" | "admin" = "admin", search = "") =>
  show(DesksPage, "/console/desks", `/console/desks${search}`, staff(role));

function cloud(more: Record<string, object> = {}) {
  const now: { operation: OperationView } = { operation: own.enrolling };
  const calls = backend({
    [`GET ${DESKS}`]: own.desks,
    [`POST ${DESKS}`]: own.enrolment,
    [`GET ${one}`]: () => now.operation,
    [`DELETE ${one}`]: own.givenUp,
    ...more,
  });
  return { now, calls };
}

afterEach(() => focusManager.setFocused(undefined));

test("a maker sees the desks, and changes none", async () => {
  cloud();
  open("maker");
  const [active, gone] = await screen.findAllByRole("article");
  expect(active).toHaveTextContent("制证室 1 号使用中王管理 登记于 2026/11/20 09:30");
  expect(gone).toHaveTextContent("制证室旧电脑已停用");
  expect(screen.queryByRole("button")).toBeNull();
});

test("an administrator enrols the computer that the agent opens on, and the list shows it", async () => {
  const { now, calls } = cloud();
  open();
  await press("登记这台电脑");
  await press("下一步");
  expect(await screen.findByText("请填写此项")).toBeVisible();
  await type("工位名称", "x".repeat(41));
  await press("下一步");
  expect(await screen.findByText("名称最多 40 个字符")).toBeVisible();
  expect(calls.filter(({ method }) => method === "POST")).toHaveLength(0);
  await type("工位名称", " 制证室 2 号 ");
  await press("下一步");
  const link = await screen.findByRole("link", { name: "打开密钥助手" });
  expect(link).toHaveAttribute("href", own.ADDRESS);
  expect(calls.find(({ method }) => method === "POST")?.body).toEqual({ name: "制证室 2 号" });
  fireEvent.click(link);
  now.operation = own.enrolled;
  const before = calls.filter(({ path }) => path === DESKS).length;
  await act(async () => {
    focusManager.setFocused(false);
    focusManager.setFocused(true);
    await Promise.resolve();
  });
  expect(await screen.findByText("工位“制证室 2 号”已登记，可以开始制作。")).toBeVisible();
  await waitFor(() => expect(calls.filter(({ path }) => path === DESKS).length).toBeGreaterThan(before));
  await press("完成");
  await screen.findByRole("button", { name: "登记这台电脑" });
});

test("a refused name stands at its field, and stays as it was typed", async () => {
  cloud({
    [`POST ${DESKS}`]: problem("invalid_fields", 422, {
      errors: [{ field: "name", code: "taken", message: "已有同名的工位" }],
    }),
  });
  open();
  await press("登记这台电脑");
  await type("工位名称", "制证室 1 号");
  await press("下一步");
  expect(await screen.findByText("已有同名的工位")).toBeVisible();
  expect(screen.getByLabelText("工位名称")).toHaveValue("制证室 1 号");
});

test("taken back before an agent has it, nothing is enrolled", async () => {
  const { calls } = cloud();
  const router = open();
  await press("登记这台电脑");
  await type("工位名称", "制证室 2 号");
  await press("下一步");
  await press("撤回");
  await waitFor(() => expect(calls.filter(({ method }) => method === "DELETE")).toHaveLength(1));
  expect(router.state.location.search).toBe("");
});

test("after a reload what is done is told without the name", async () => {
  const { now } = cloud();
  now.operation = own.enrolled;
  open("admin", `?operation=${own.OPERATION}`);
  expect(await screen.findByText("这台电脑已登记为制证工位")).toBeVisible();
});

test("a desk is dismissed after a question, at once", async () => {
  const path = `${DESKS}/${own.DESK}`;
  const gone = { desks: own.desks.desks.map((desk) => ({ ...desk, dismissed_at: "2026-11-21T01:40:00Z" })) };
  const { calls } = cloud({ [`DELETE ${path}`]: gone });
  open();
  fireEvent.click(await screen.findByRole("button", { name: "停用 制证室 1 号" }));
  const sure = await screen.findByRole("tooltip");
  expect(sure).toHaveTextContent("立即生效，不能恢复");
  expect(calls.filter(({ method }) => method === "DELETE")).toHaveLength(0);
  fireEvent.click(within(sure).getByRole("button", { name: "停用" }));
  expect(await screen.findByText("工位“制证室 1 号”已停用。")).toBeVisible();
  expect(calls.filter(({ method }) => method === "DELETE").map(({ path: to }) => to)).toEqual([path]);
  expect(screen.queryByRole("button", { name: /^停用/ })).toBeNull();
});
