import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { backend, type Call, problem, show } from "../../testing/backend";
import { sessions } from "../../testing/fixtures-access";
import { SecurityPage } from "./SecurityPage";

const SECRET = "another sentence to remember";
const LIST = { "GET /api/sessions": sessions };
const nothing = () => new Response(null, { status: 204 });
const to = (calls: Call[], method: string) => calls.filter((call) => call.method === method);

function type(label: string, value: string) {
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
}

async function change() {
  await screen.findByLabelText("当前密码");
  type("当前密码", "a sentence to remember");
  type("新密码", SECRET);
  type("再次输入密码", SECRET);
  await userEvent.click(screen.getByRole("button", { name: "修改密码" }));
}

test("one sees where one is logged in, and ends what one does not know", async () => {
  const other = sessions.sessions[1]?.id ?? "";
  const calls = backend({ ...LIST, [`DELETE /api/sessions/${other}`]: nothing });
  show(SecurityPage, "/security", "/security");
  expect(await screen.findByText("当前设备")).toBeVisible();
  expect(screen.getByText("203.0.113.7")).toBeVisible();
  // This one is ended by logging out, not from the list.
  expect(screen.queryByRole("button", { name: "退出 Chrome · Windows" })).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "退出 Safari · iPhone" }));
  await waitFor(() => expect(screen.queryByText("Safari · iPhone")).toBeNull());
  expect(screen.getByRole("status")).toHaveTextContent("已退出该设备的登录");
  expect(to(calls, "DELETE")).toHaveLength(1);
});

test("logging out everywhere asks once, and forgets what was typed in this tab", async () => {
  const assign = vi.fn();
  const { location } = globalThis;
  vi.stubGlobal("location", { origin: location.origin, pathname: "/security", assign });
  sessionStorage.setItem("sealkey:draft:x", "{}");
  const calls = backend({ ...LIST, "DELETE /api/sessions": nothing });
  show(SecurityPage, "/security", "/security");
  await userEvent.click(await screen.findByRole("button", { name: "退出所有设备" }));
  expect(to(calls, "DELETE")).toHaveLength(0);
  const [, ...sure] = await screen.findAllByRole("button", { name: "退出所有设备" });
  for (const button of sure) {
    await userEvent.click(button);
  }
  await waitFor(() => expect(assign).toHaveBeenCalledWith("/login"));
  expect(sessionStorage).toHaveLength(0);
  vi.stubGlobal("location", location);
});

test("the password is changed with the present one", async () => {
  const calls = backend({ ...LIST, "PUT /api/password": nothing });
  show(SecurityPage, "/security", "/security");
  await change();
  expect(await screen.findByText("密码已修改，其他设备上的登录均已退出。")).toBeVisible();
  expect(to(calls, "PUT")[0]?.body).toEqual({ current: "a sentence to remember", password: SECRET });
  expect(screen.getByLabelText("当前密码")).toHaveValue("");
});

test("a wrong present password is said at its field, and nothing typed is lost", async () => {
  backend({ ...LIST, "PUT /api/password": () => problem("login_failed", 401) });
  show(SecurityPage, "/security", "/security");
  await change();
  await waitFor(() => expect(screen.getByLabelText("当前密码")).toHaveAccessibleDescription(/当前密码不正确/));
  expect(screen.getByLabelText("新密码")).toHaveValue(SECRET);
});
