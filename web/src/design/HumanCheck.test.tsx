import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test, vi } from "vitest";

import { backend, problem, show } from "../testing/backend";
import { human } from "../testing/fixtures-access";
import { HumanCheck } from "./HumanCheck";

const payloads: (string | undefined)[] = [];

function Page() {
  const [round, setRound] = useState(0);
  return (
    <main>
      <HumanCheck hard={round > 1} round={round} onSolved={(payload) => payloads.push(payload)} />
      <button onClick={() => setRound(round + 1)}>next</button>
    </main>
  );
}

function start(answers: Parameters<typeof backend>[0] = {}) {
  payloads.length = 0;
  const calls = backend(answers);
  show(Page, "/", "/");
  return () => calls.map(({ path, search }) => path + search);
}

test("it begins and ends by itself, and each round is a new check", async () => {
  const asked = start();
  expect(screen.getByTestId("human")).toHaveTextContent("正在自动验证");
  await waitFor(() => expect(screen.getByTestId("human")).toHaveTextContent("验证通过"));
  expect(payloads).toHaveLength(2);
  expect(payloads[0]).toBeUndefined();
  expect(JSON.parse(atob(payloads[1] ?? ""))).toMatchObject({
    challenge: human["GET /api/challenge"].challenge,
    number: 7,
  });
  await userEvent.click(screen.getByText("next"));
  await waitFor(() => expect(payloads).toHaveLength(4));
  expect(payloads[2]).toBeUndefined();
  expect(asked()).toEqual(["/api/challenge", "/api/challenge"]);
});

test("the longer check is asked for and said", async () => {
  // It is said while it goes on, so this one does not end.
  const asked = start({ "GET /api/challenge": () => new Promise(() => undefined) });
  await userEvent.click(screen.getByText("next"));
  await userEvent.click(screen.getByText("next"));
  expect(screen.getByTestId("human")).toHaveTextContent("较长的验证");
  await waitFor(() => expect(asked()).toContain("/api/challenge?hard=true"));
});

test("a check that failed says why and how long to wait, and can be done again", async () => {
  let tries = 0;
  start({
    "GET /api/challenge": () => {
      tries += 1;
      return tries === 1 ? problem("too_many_requests", 429, { retryAfter: 90 }) : human["GET /api/challenge"];
    },
  });
  expect(await screen.findByRole("alert")).toHaveTextContent("请等待 2 分钟后再试");
  await userEvent.click(screen.getByRole("button", { name: "重新验证" }));
  await waitFor(() => expect(screen.getByTestId("human")).toHaveTextContent("验证通过"));
  expect(screen.queryByRole("alert")).toBeNull();
});

test("a browser that cannot do it is told which can", async () => {
  const worker = globalThis.Worker;
  vi.stubGlobal("Worker", undefined);
  start();
  await waitFor(() => expect(screen.getByTestId("human")).toHaveTextContent("请使用新版 Chrome"));
  vi.stubGlobal("Worker", worker);
});

test("a payload that grew old is renewed before anybody sends it", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  try {
    start();
    await waitFor(() => expect(payloads).toHaveLength(2));
    await vi.advanceTimersByTimeAsync(4 * 60_000);
    await waitFor(() => expect(payloads).toHaveLength(4));
  } finally {
    vi.useRealTimers();
  }
});
