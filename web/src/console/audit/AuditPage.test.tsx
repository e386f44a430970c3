import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { backend, show } from "../../testing/backend";
import { audit, staffList } from "../../testing/fixtures-staff";
import { AuditPage } from "./AuditPage";

const base = { "GET /api/console/staff": staffList, "GET /api/console/audit": audit };
const last = { entries: [], cursor: null };

/** What was asked of the audit, the newest last. */
function asked() {
  return vi
    .mocked(fetch)
    .mock.calls.map(([request]) => new URL((request as Request).url))
    .filter(({ pathname }) => pathname === "/api/console/audit")
    .map(({ searchParams }) => Object.fromEntries(searchParams));
}

function open(address: string, replies: Record<string, object> = base) {
  const calls = backend(replies);
  vi.stubGlobal("fetch", vi.fn(globalThis.fetch));
  show(AuditPage, "/console/audit", address);
  return calls;
}

test("deeds in words, by day, person and place in the chain; more on demand", async () => {
  let page = 0;
  open("/console/audit?from=2026-11-15&to=2026-11-21", {
    ...base,
    "GET /api/console/audit": () => {
      page += 1;
      return page === 1 ? audit : last;
    },
  });
  expect(await screen.findByText("企业资料退回", { selector: "strong" })).toBeInTheDocument();
  expect(asked()).toEqual([{ from: "2026-11-15", to: "2026-11-21" }]);
  fireEvent.click(screen.getByRole("button", { name: "加载更多" }));
  await waitFor(() => expect(asked()).toContainEqual({ from: "2026-11-15", to: "2026-11-21", cursor: "more" }));
});

test("either a person or a subject, or at most 31 days", async () => {
  open("/console/audit?from=2026-10-01&to=2026-10-31");
  const filter = screen.getByRole("region", { name: "查询条件" });
  const field = (label: string) => within(filter).getByLabelText(label);
  const search = () => fireEvent.click(within(filter).getByRole("button", { name: "查询" }));
  fireEvent.change(field("结束日期"), { target: { value: "2026-11-02" } });
  search();
  await waitFor(() => expect(field("结束日期")).toHaveAccessibleDescription(/最多查询 31 天/));
  expect(asked()).toHaveLength(1);
  fireEvent.change(field("对象"), { target: { value: "order 202611210935190042 line 1" } });
  search();
  await waitFor(() =>
    expect(asked()).toContainEqual({
      subject: "order 202611210935190042 line 1",
      from: "2026-10-01",
      to: "2026-11-02",
    }),
  );
});

test("an export gives a link to its file", async () => {
  const calls = open("/console/audit?from=2026-11-15&to=2026-11-21", {
    ...base,
    "POST /api/console/audit/exports": {
      url: "https://bucket.example/audit.csv",
      entries: 42,
      expires_at: "2026-11-21T02:40:00Z",
    },
  });
  fireEvent.click(screen.getByRole("button", { name: "生成文件" }));
  expect(await screen.findByText(/共 42 条/)).toBeVisible();
  expect(screen.getByRole("link", { name: "下载文件" })).toHaveAttribute("href", "https://bucket.example/audit.csv");
  expect(calls.find(({ method }) => method === "POST")?.body).toEqual({ from: "2026-11-15", to: "2026-11-21" });
});
