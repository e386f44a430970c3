import { act, screen, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { backend, show } from "../../testing/backend";
import { queue, queueRow, staff } from "../../testing/fixtures";
import { ReviewQueuePage } from "../review/ReviewQueuePage";

afterEach(() => {
  vi.useRealTimers();
});

test("a queue says by when each row is due, and turns late while it stands open", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true, now: Date.parse("2026-11-23T02:59:30Z") });
  const rows = [
    queueRow("AwaitReview", { order: "202611230000000001", due_at: "2026-11-23T02:00:00Z" }),
    queueRow("AwaitReview", { order: "202611230000000002", due_at: "2026-11-23T03:00:00Z" }),
    queueRow("AwaitReview", { order: "202611230000000003", due_at: "2026-11-24T09:30:00Z" }),
    queueRow("AwaitReview", { order: "202611230000000004", due_at: null, since: "2026-11-23T01:00:00Z" }),
  ];
  backend({ "GET /api/console/reviews": { ...queue("AwaitReview"), lines: rows } });
  show(ReviewQueuePage, "/console/reviews", "/console/reviews", staff("reviewer"));
  await screen.findByText("202611230000000001");
  const said = () =>
    rows.map(({ order }) => {
      const row = screen.getByText(order).closest("tr");
      return [...(row?.querySelectorAll("[data-state=late], [data-state=soon]") ?? [])].map((tag) => tag.textContent);
    });
  const once = (words: string[][]) => words.map((all) => [...new Set(all)]);
  expect(once(said())).toEqual([["已超时"], ["即将到期"], [], []]);
  const last = screen.getByText("202611230000000004").closest("tr") as HTMLElement;
  expect(within(last).getAllByText("自 2026/11/23 09:00").length).toBeGreaterThan(0);
  await act(() => vi.advanceTimersByTimeAsync(60_000));
  expect(once(said())).toEqual([["已超时"], ["已超时"], [], []]);
});
