import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import { financeTexts } from "../../i18n/finance";
import { backend, show } from "../../testing/backend";
import * as fixture from "../../testing/fixtures-finance";
import { press, type } from "../../testing/hands";
import { StatementPage } from "./StatementPage";
import { StatementsPage } from "./StatementsPage";

const BILL = "/api/console/statements/2026-11-20/alipay";

function open(replies: Record<string, object>, method = "alipay") {
  const calls = backend(replies);
  show(StatementPage, "/console/statements/:day/:method", `/console/statements/2026-11-20/${method}`);
  return calls;
}

test("every difference says what it means and what to do", async () => {
  const { kind, means, todo } = financeTexts.zh.statements;
  open({ [`GET ${BILL}`]: fixture.different });
  for (const difference of fixture.differences) {
    const card = await screen.findByRole("article", { name: `${kind[difference.kind]} ${difference.number}` });
    expect(card).toHaveTextContent(means[difference.kind]);
    expect(card).toHaveTextContent(todo[difference.kind]);
  }
  expect(fixture.differences.map((difference) => difference.kind)).toEqual(Object.keys(kind));
});

test("what came of a difference is noted once, with kind and number", async () => {
  const [, difference] = fixture.differences;
  const after = fixture.differences.map((one) => ({
    ...one,
    handled: { by: "st_other", at: "2026-11-21T01:39:00Z", note: "已核实" },
  }));
  const calls = open({
    [`GET ${BILL}`]: fixture.different,
    [`POST ${BILL}/handled`]: { ...fixture.different, differences: after },
  });
  const card = await screen.findByRole("article", { name: /支付平台未确认的收款/ });
  expect(card).toHaveAttribute("data-kind", difference?.kind);
  await press(`标记为已处理: ${difference?.number ?? ""}`);
  await type("处理说明", " 已核实 ");
  await press("保存");
  await waitFor(() => expect(screen.queryByRole("button", { name: /标记为已处理/ })).toBeNull());
  expect(calls.find(({ method }) => method === "POST")?.body).toEqual({
    kind: difference?.kind,
    number: difference?.number,
    note: "已核实",
  });
});

test("a bill is read again on demand, and until then the page says so", async () => {
  const wanted = { ...fixture.balanced, row: { ...fixture.balanced.row, wanted: true } };
  open({ [`GET ${BILL}`]: fixture.balanced, [`POST ${BILL}/read`]: wanted });
  await press("重新读取");
  expect(await screen.findByText("将在十分钟内重新读取。")).toBeVisible();
  expect(screen.getByRole("button", { name: "重新读取" })).toBeDisabled();
});

test("a gateway that is none of ours is no page", async () => {
  const calls = open({}, "paypal");
  expect(await screen.findByText("没有找到该页面")).toBeVisible();
  expect(calls).toEqual([]);
});

test("months are walked through, and what is open is counted", async () => {
  const calls = backend({ "GET /api/console/statements": fixture.statements });
  show(StatementsPage, "/console/statements", "/console/statements?month=2026-10");
  expect(await screen.findByText("2 项差异待处理")).toBeVisible();
  await press("上个月");
  await waitFor(() => expect(calls.map(({ search }) => search)).toEqual(["?month=2026-10", "?month=2026-09"]));
});
