import { act, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { ApiError, HumanCheckUnfinished } from "../api/errors";
import type { Problem } from "../api/schema";
import { backend, show } from "../testing/backend";
import { ProblemAlert } from "./ProblemAlert";

const error = (code: Problem["code"], more: Partial<Problem> = {}) =>
  new ApiError({ type: "", title: code, status: 429, code, requestId: "REQ1", ...more });

function shown(what: unknown) {
  backend({});
  show(() => <ProblemAlert error={what} />, "/", "/");
}

test("it says how long to wait, counts down, and says when it is over", async () => {
  vi.useFakeTimers();
  try {
    shown(error("too_many_requests", { retryAfter: 600 }));
    expect(screen.getByRole("alert")).toHaveTextContent("请等待 10 分钟后再试。 （剩余 10:00）");
    await act(() => vi.advanceTimersByTimeAsync(61_000));
    expect(screen.getByRole("alert")).toHaveTextContent("剩余 08:59");
    // Read out once, not every second.
    expect(screen.getByText(/剩余/)).toHaveAttribute("aria-hidden", "true");
    await act(() => vi.advanceTimersByTimeAsync(540_000));
    expect(screen.getByRole("alert")).toHaveTextContent("现在可以重试了");
  } finally {
    vi.useRealTimers();
  }
});

test("less than a minute is said in seconds, and no wait says nothing", () => {
  shown(error("too_many_requests", { retryAfter: 30 }));
  expect(screen.getByRole("alert")).toHaveTextContent("请等待 30 秒后再试");
});

test("where another page puts it right, the way there is shown", () => {
  shown(error("qualification_required"));
  expect(screen.getByRole("link", { name: "去提交企业资料" })).toHaveAttribute("href", "/company/qualification");
});

test("a limited login is told where to unbind", () => {
  shown(error("key_login_required"));
  expect(screen.getByRole("link", { name: "去办理证书解绑" })).toHaveAttribute("href", "/unbind");
});

test("what the human check says itself is not said twice", () => {
  shown(new HumanCheckUnfinished());
  expect(screen.queryByRole("alert")).toBeNull();
});
