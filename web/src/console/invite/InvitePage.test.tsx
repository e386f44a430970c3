import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import { queryClient } from "../../api/query";
import { backend, problem, show } from "../../testing/backend";
import { invite } from "../../testing/fixtures-staff";
import { InvitePage } from "./InvitePage";

const PASSWORD = "a quiet sentence of mine";
const open = () => show(InvitePage, "/console/invite", "/console/invite#iv_secret-of-the-link");

function type(label: string, text: string) {
  fireEvent.change(screen.getByLabelText(label), { target: { value: text } });
}

async function accept(code: string) {
  await screen.findByLabelText("动态验证码");
  type("密码", PASSWORD);
  type("再次输入密码", PASSWORD);
  type("动态验证码", code);
  fireEvent.click(screen.getByRole("button", { name: "启用账号" }));
}

test("QR code, secret, password and first digits; then the login", async () => {
  const calls = backend({
    "POST /api/console/invites": invite,
    "POST /api/console/invites/accept": new Response(null, { status: 204 }),
  });
  const router = open();
  expect(await screen.findByRole("img", { name: "动态验证码的二维码" })).toBeVisible();
  expect(screen.getByText("JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP")).toBeVisible();
  expect(screen.getByText(invite.mail)).toBeVisible();
  expect(router.state.location).toMatchObject({ hash: "", search: "" });
  await accept("123 456");
  fireEvent.click(await screen.findByRole("button", { name: "去登录" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/console/login"));
  expect(calls.find(({ path }) => path.endsWith("/accept"))?.body).toEqual({
    token: "iv_secret-of-the-link",
    password: PASSWORD,
    code: "123456",
  });
  expect(Object.keys(sessionStorage).join()).toBe("");
  // The secret is gone with the page.
  await waitFor(() => expect(queryClient.getQueryCache().findAll({ queryKey: ["console", "invite"] })).toHaveLength(0));
});

test("wrong digits are typed again, the password is not", async () => {
  backend({
    "POST /api/console/invites": invite,
    "POST /api/console/invites/accept": problem("code_wrong", 422, { title: "验证码不正确或已失效" }),
  });
  open();
  await accept("123456");
  await waitFor(() => expect(screen.getByLabelText("动态验证码")).toHaveAccessibleDescription(/不正确或已失效/));
  expect(screen.getByLabelText("动态验证码")).toHaveValue("");
  expect(screen.getByLabelText("密码")).toHaveValue(PASSWORD);
});

test("a password that is too weak is said at its field", async () => {
  backend({
    "POST /api/console/invites": invite,
    "POST /api/console/invites/accept": problem("invalid_fields", 422, {
      errors: [{ field: "password", code: "weak_password", message: "密码过于常见" }],
    }),
  });
  open();
  await accept("123456");
  await waitFor(() => expect(screen.getByLabelText("密码")).toHaveAccessibleDescription(/密码过于常见/));
});

test("an invitation that was used or is too old says so", async () => {
  backend({ "POST /api/console/invites": problem("link_expired", 410) });
  open();
  expect(await screen.findByText("邀请已使用或已过期")).toBeVisible();
});
