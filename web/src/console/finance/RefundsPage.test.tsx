import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import type { RefundRow } from "../../api/schema";
import { financeTexts } from "../../i18n/finance";
import { backend, problem, show } from "../../testing/backend";
import * as fixture from "../../testing/fixtures-finance";
import { press, type } from "../../testing/hands";
import { RefundsPage } from "./RefundsPage";

const stuck = fixture.troubled("closed", "CLOSED", { state: "abnormal", ask_at: null, can_settle: true });
const told = fixture.refundRow({
  state: "abnormal",
  ask_at: null,
  can_retry: false,
  settlement: fixture.settlement,
});
const base = `/api/console/refunds/${fixture.ORDER}/1`;

function open(refund: RefundRow, replies: Record<string, object> = {}) {
  const calls = backend({ "GET /api/console/refunds": { refunds: [refund], cursor: null }, ...replies });
  show(RefundsPage, "/console/refunds", "/console/refunds");
  return () => calls.filter(({ method }) => method !== "GET").map(({ method, path, body }) => ({ method, path, body }));
}

test("every trouble says what to do about it", async () => {
  const { trouble, todo } = financeTexts.zh.refunds;
  const all = [...fixture.needsYou.refunds.filter(({ settlement }) => !settlement), ...fixture.underWay.refunds];
  backend({ "GET /api/console/refunds": { refunds: all, cursor: null } });
  show(RefundsPage, "/console/refunds", "/console/refunds");
  for (const { number, trouble: hindered } of all) {
    const card = await screen.findByRole("article", { name: `退款单号 ${number}` });
    if (hindered) {
      expect(card).toHaveTextContent(trouble[hindered.hindrance]);
      expect(card).toHaveTextContent(todo[hindered.hindrance]);
    }
  }
  expect(new Set(all.map((row) => row.trouble?.hindrance))).toEqual(new Set([...Object.keys(todo), undefined]));
});

test("a payout by hand is noted with the number of its transfer", async () => {
  const deeds = open(stuck, { [`POST ${base}/settlement`]: told });
  await press(`登记人工退款: ${stuck.number}`);
  await press("提交登记");
  expect(await screen.findByText("请填写此项")).toBeInTheDocument();
  expect(deeds()).toEqual([]);
  await type("转账凭证号", " ICBC2026112100012345 ");
  await press("提交登记");
  expect(await screen.findByText(/等待另一位财务人员确认。/)).toBeInTheDocument();
  expect(deeds()).toEqual([
    { method: "POST", path: `${base}/settlement`, body: { reference: "ICBC2026112100012345" } },
  ]);
});

test("whoever noted it cannot agree, and reads why; another can", async () => {
  const deeds = open(told, { [`POST ${base}/settlement/agree`]: problem("second_person", 409, { title: "须由他人" }) });
  await press(`确认已退款: ${told.number}`);
  await press("确定");
  expect(await screen.findByText("须由他人")).toBeVisible();
  expect(deeds()).toEqual([{ method: "POST", path: `${base}/settlement/agree`, body: undefined }]);
});

test("the button of whoever noted it is off", async () => {
  open({ ...told, settlement: { ...fixture.settlement, mine: true } });
  const card = await screen.findByRole("article", { name: `退款单号 ${told.number}` });
  expect(within(card).getByText("由您登记，须由另一位财务人员确认。")).toBeVisible();
  expect(within(card).getByRole("button", { name: /确认已退款/ })).toBeDisabled();
  expect(within(card).getByRole("button", { name: /撤回登记/ })).toBeEnabled();
  expect(within(card).queryByRole("button", { name: /重新请求/ })).toBeNull();
});

test("asking again and taking a note back name the same refund", async () => {
  const deeds = open(stuck, { [`POST ${base}/retry`]: { ...stuck, state: "asking" } });
  await press(`重新请求: ${stuck.number}`);
  await press("确定");
  expect(await screen.findByText(/已重新请求/)).toBeInTheDocument();
  expect(deeds()).toEqual([{ method: "POST", path: `${base}/retry`, body: undefined }]);
});

test("the other queue is one click away and stands in the address", async () => {
  const calls = backend({ "GET /api/console/refunds": { refunds: [], cursor: null } });
  const router = show(RefundsPage, "/console/refunds", "/console/refunds");
  expect(await screen.findByText(financeTexts.zh.refunds.empty.needs_you)).toBeVisible();
  fireEvent.click(screen.getByRole("radio", { name: "处理中" }));
  expect(await screen.findByText(financeTexts.zh.refunds.empty.under_way)).toBeVisible();
  expect(router.state.location.search).toBe("?queue=under_way");
  await waitFor(() => expect(calls.map(({ search }) => search)).toEqual(["?queue=needs_you", "?queue=under_way"]));
});
