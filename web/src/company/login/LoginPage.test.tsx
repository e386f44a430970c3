import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { backend, type Call, problem, show } from "../../testing/backend";
import { catalog, session } from "../../testing/fixtures";
import { bound, human, limited, sent } from "../../testing/fixtures-access";
import { CompanyShell } from "../shell/CompanyShell";
import { CounterLoginPage, LoginPage } from "./LoginPage";

const nobody = { "GET /api/session": () => problem("login_required", 401) };
const entered = { session, code: null };

async function fill(label = "账号名或企业名称", name = "shili") {
  fireEvent.change(await screen.findByLabelText(label), { target: { value: name } });
  fireEvent.change(screen.getByLabelText("密码"), { target: { value: "a sentence to remember" } });
  await userEvent.click(screen.getByRole("button", { name: "登录" }));
}

const to = (calls: Call[], what: string) => calls.filter(({ method, path }) => `${method} ${path}` === what);
const logins = (calls: Call[]) => to(calls, "POST /api/session");

/** Later checks have other payloads, so that a test sees whether one was used twice. */
function challenges() {
  let round = 0;
  return () => {
    round += 1;
    return { ...human["GET /api/challenge"], signature: `round ${round}` };
  };
}

const payload = (call: Call | undefined) =>
  JSON.parse(atob((call?.body as { human: string }).human)) as { signature: string };

// covers: R52
test("company name, password and human check log in, and lead back to where one was", async () => {
  const calls = backend({ ...nobody, "POST /api/session": entered });
  const router = show(LoginPage, "/login", "/login?next=%2Forders");
  await fill("账号名或企业名称", ` ${session.company_name} `);
  await waitFor(() => expect(router.state.location.pathname).toBe("/orders"));
  expect(logins(calls)).toHaveLength(1);
  expect(logins(calls)[0]?.body).toMatchObject({
    storefront: "mall",
    name: session.company_name,
    password: "a sentence to remember",
  });
  expect(payload(logins(calls)[0])).toMatchObject({ algorithm: "SHA-256", number: 7 });
  expect(sessionStorage).toHaveLength(0);
});

// covers: R50, R52
test("in the other storefront the company's full name is the login name", async () => {
  const calls = backend({ ...nobody, "POST /api/session": entered });
  show(CounterLoginPage, "/counter/login", "/counter/login");
  await screen.findByRole("heading", { name: "企业登录" });
  await fill("企业名称", session.company_name);
  await waitFor(() =>
    expect(logins(calls)[0]?.body).toMatchObject({ storefront: "counter", name: session.company_name }),
  );
  expect(screen.queryByText("账号名", { exact: false })).toBeNull();
});

// covers: R28
test("home, account login, unbinding: the manual's path", async () => {
  backend({ ...nobody, "GET /api/catalog/mall": catalog });
  const home = show(CompanyShell, "/", "/");
  await userEvent.click(await screen.findByRole("link", { name: "账号登录" }));
  expect(home.state.location.pathname).toBe("/login");
  const router = show(LoginPage, "/login", "/login");
  await userEvent.click(await screen.findByRole("link", { name: "证书解绑" }));
  expect(router.state.location.pathname).toBe("/unbind");
});

test("after a wrong password nothing typed is lost, and the next try has a check of its own", async () => {
  let tries = 0;
  const calls = backend({
    ...nobody,
    "GET /api/challenge": challenges(),
    "POST /api/session": () => {
      tries += 1;
      return tries === 1 ? problem("login_failed", 401) : entered;
    },
  });
  const router = show(LoginPage, "/login", "/login");
  await fill();
  expect(await screen.findByRole("alert")).toHaveTextContent("login_failed");
  expect(screen.getByLabelText("账号名或企业名称")).toHaveValue("shili");
  await waitFor(() => expect(screen.getByTestId("human")).toHaveTextContent("验证通过"));
  await userEvent.click(screen.getByRole("button", { name: "登录" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/"));
  expect(logins(calls).map((call) => payload(call).signature)).toEqual(["round 1", "round 2"]);
});

test("a longer check is done and sent without pressing again", async () => {
  let tries = 0;
  const calls = backend({
    ...nobody,
    "GET /api/challenge": challenges(),
    "POST /api/session": () => {
      tries += 1;
      return tries === 1 ? problem("human_check_harder", 422) : entered;
    },
  });
  const router = show(LoginPage, "/login", "/login");
  await fill();
  await waitFor(() => expect(router.state.location.pathname).toBe("/"));
  expect(to(calls, "GET /api/challenge").map(({ search }) => search)).toEqual(["", "?hard=true"]);
  expect(logins(calls).map((call) => payload(call).signature)).toEqual(["round 1", "round 2"]);
});

test("a check that was too old is done again once, and then it is said", async () => {
  const calls = backend({
    ...nobody,
    "GET /api/challenge": challenges(),
    "POST /api/session": () => problem("human_check_failed", 422),
  });
  show(LoginPage, "/login", "/login");
  await fill();
  expect(await screen.findByRole("alert")).toHaveTextContent("human_check_failed");
  expect(logins(calls)).toHaveLength(2);
});

test("whoever must wait is told how long", async () => {
  backend({ ...nobody, "POST /api/session": () => problem("too_many_requests", 429, { retryAfter: 600 }) });
  show(LoginPage, "/login", "/login");
  await fill();
  expect(await screen.findByRole("alert")).toHaveTextContent("请等待 10 分钟后再试");
});

test("without a human check nothing is sent, and pressing again tries the check again", async () => {
  let tries = 0;
  const calls = backend({
    ...nobody,
    "GET /api/challenge": () => {
      tries += 1;
      return tries === 1 ? problem("unavailable", 503) : human["GET /api/challenge"];
    },
    "POST /api/session": entered,
  });
  const router = show(LoginPage, "/login", "/login");
  await screen.findByRole("button", { name: "重新验证" });
  expect(logins(calls)).toHaveLength(0);
  await fill();
  await waitFor(() => expect(router.state.location.pathname).toBe("/"));
});

test("a bound company gets a code for a limited session, and is shown the way to unbind", async () => {
  let tries = 0;
  const calls = backend({
    ...nobody,
    "POST /api/session": bound,
    "POST /api/session/code": () => {
      tries += 1;
      return tries === 1 ? problem("code_wrong", 422) : limited;
    },
  });
  const router = show(LoginPage, "/login", "/login?next=%2Forders");
  await fill();
  expect(await screen.findByText("贵单位的证书已绑定密钥")).toBeVisible();
  expect(screen.getByRole("link", { name: "证书解绑" })).toHaveAttribute("href", "/unbind");
  const code = screen.getByLabelText("验证码");
  expect(code).toHaveAttribute("autocomplete", "one-time-code");
  expect(code).toHaveAccessibleDescription(/138\*\*\*\*8000.*有效期至 2026\/11\/22 10:45/);
  fireEvent.change(code, { target: { value: "１２３ 456" } });
  expect(code).toHaveValue("123456");
  await userEvent.click(screen.getByRole("button", { name: "登录" }));
  await waitFor(() => expect(screen.getByLabelText("验证码")).toHaveAccessibleDescription(/code_wrong/));
  await userEvent.click(screen.getByRole("button", { name: "登录" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/orders"));
  expect(to(calls, "POST /api/session/code")[0]?.body).toEqual({ id: sent().code, code: "123456" });
});

test("another code is sent after a minute, with a new human check and the same password", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  try {
    const calls = backend({
      ...nobody,
      "GET /api/challenge": challenges(),
      "POST /api/session": () => ({ session: null, code: { ...sent(), code: `od_${logins(calls).length}` } }),
      "POST /api/session/code": limited,
    });
    const router = show(LoginPage, "/login", "/login");
    const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
    fireEvent.change(await screen.findByLabelText("账号名或企业名称"), { target: { value: "shili" } });
    fireEvent.change(screen.getByLabelText("密码"), { target: { value: "a sentence to remember" } });
    await user.click(screen.getByRole("button", { name: "登录" }));
    expect(await screen.findByRole("button", { name: /秒后可重新发送/ })).toBeDisabled();
    await vi.advanceTimersByTimeAsync(61_000);
    await user.click(await screen.findByRole("button", { name: "重新发送" }));
    expect(await screen.findByRole("button", { name: /秒后可重新发送/ })).toBeDisabled();
    expect(logins(calls).map((call) => payload(call).signature)).toEqual(["round 1", "round 2"]);
    fireEvent.change(screen.getByLabelText("验证码"), { target: { value: "654321" } });
    await user.click(screen.getByRole("button", { name: "登录" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/"));
    expect(to(calls, "POST /api/session/code")[0]?.body).toEqual({ id: "od_2", code: "654321" });
  } finally {
    vi.useRealTimers();
  }
});
