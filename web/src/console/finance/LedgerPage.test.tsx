import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import { backend, show } from "../../testing/backend";
import * as fixture from "../../testing/fixtures-finance";
import { press, type } from "../../testing/hands";
import { LedgerPage } from "./LedgerPage";
import { OrderBooksPage } from "./OrderBooksPage";

const DAY = "/api/console/ledger/days/2026-11-20";

test("the sums stand above the entries, and more entries come on demand", async () => {
  let page = 0;
  const calls = backend({
    [`GET ${DAY}`]: () => ((page += 1) === 1 ? fixture.dayBooks : { ...fixture.dayBooks, postings: [], cursor: null }),
  });
  show(LedgerPage, "/console/ledger", "/console/ledger?day=2026-11-20");
  expect(await screen.findByText("¥100,001,120.00")).toBeVisible();
  expect(screen.getByText("分录（62 笔）")).toBeVisible();
  await press("加载更多");
  await waitFor(() => expect(calls.map(({ search }) => search)).toEqual(["", "?cursor=more"]));
});

test("the day before stands in the address", async () => {
  backend({ [`GET ${DAY}`]: fixture.emptyDay, "GET /api/console/ledger/days/2026-11-19": fixture.emptyDay });
  const router = show(LedgerPage, "/console/ledger", "/console/ledger?day=2026-11-20");
  expect(await screen.findByText(/当日没有分录/)).toBeVisible();
  await press("前一天");
  expect(router.state.location.search).toBe("?day=2026-11-19");
});

test("an order is found by its number or that of a refund", async () => {
  backend({ [`GET ${DAY}`]: fixture.emptyDay });
  const router = show(LedgerPage, "/console/ledger", "/console/ledger?day=2026-11-20");
  await type("订单号、支付单号或退款单号", "12345");
  fireEvent.submit(screen.getByLabelText("订单号、支付单号或退款单号"));
  expect(await screen.findByText(/请输入 18 位订单号/)).toBeInTheDocument();
  await type("订单号、支付单号或退款单号", `${fixture.ORDER}_R2`);
  fireEvent.submit(screen.getByLabelText("订单号、支付单号或退款单号"));
  await waitFor(() => expect(router.state.location.pathname).toBe(`/console/ledger/orders/${fixture.ORDER}`));
});

test("of an order: paid = earned + refunded + held; more out than in is an alarm", async () => {
  const books = `GET /api/console/ledger/orders/${fixture.ORDER}`;
  backend({ [books]: fixture.orderBooks() });
  show(OrderBooksPage, "/console/ledger/orders/:order", `/console/ledger/orders/${fixture.ORDER}`);
  expect(await screen.findByTestId("equation")).toHaveTextContent(
    "收款¥2,240.00=已交付¥560.00+已退款¥1,480.00+预收余额¥200.00",
  );
  expect(screen.queryByText("退出的款项多于收到的款项")).toBeNull();
  backend({ [books]: fixture.overdrawnBooks });
  show(OrderBooksPage, "/console/ledger/orders/:order", `/console/ledger/orders/${fixture.ORDER}`);
  expect(await screen.findByText("退出的款项多于收到的款项")).toBeVisible();
});
