import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import { backend, problem, show } from "../../testing/backend";
import { objection } from "../../testing/fixtures-staff";
import { ObjectionPage } from "./ObjectionPage";

const LINK = "/objection#ob_secret-of-the-link";

test("the token leaves the address at once and goes into the body only", async () => {
  const calls = backend({ "POST /api/objections": objection("unbinding") });
  const router = show(ObjectionPage, "/objection", LINK);
  expect(await screen.findByText(/有人为贵单位办理了证书解绑/)).toBeVisible();
  expect(router.state.location).toMatchObject({ pathname: "/objection", hash: "", search: "" });
  expect(router.state.historyAction).toBe("REPLACE");
  const [look] = calls.filter(({ path }) => path === "/api/objections");
  expect(look?.body).toEqual({ token: "ob_secret-of-the-link" });
  for (const store of [sessionStorage, localStorage]) {
    expect(Object.values<string>(store as unknown as Record<string, string>).join()).not.toContain(
      "secret-of-the-link",
    );
  }
});

test("one button stops it", async () => {
  const calls = backend({
    "POST /api/objections": objection("recovery"),
    "POST /api/objections/confirm": new Response(null, { status: 204 }),
  });
  show(ObjectionPage, "/objection", LINK);
  fireEvent.click(await screen.findByRole("button", { name: "这不是我们操作的，立即停止" }));
  expect(await screen.findByText(/该申请已终止，联系方式没有更换/)).toBeVisible();
  expect(calls.find(({ path }) => path === "/api/objections/confirm")?.body).toEqual({
    token: "ob_secret-of-the-link",
  });
  expect(calls.filter(({ path }) => path === "/api/objections/confirm")).toHaveLength(1);
});

test("a link that was used or is too old says so", async () => {
  backend({ "POST /api/objections": problem("link_expired", 410) });
  show(ObjectionPage, "/objection", LINK);
  expect(await screen.findByText("该链接已使用或已过期")).toBeVisible();
  expect(screen.queryByRole("button", { name: /立即停止/ })).toBeNull();
});

test("without a link nothing is asked", async () => {
  const calls = backend({});
  show(ObjectionPage, "/objection", "/objection");
  expect(screen.getByText("请从通知中的链接打开本页")).toBeVisible();
  await waitFor(() => expect(calls).toHaveLength(0));
});
