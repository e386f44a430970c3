import { act, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import type { PaymentView } from "../../api/schema";
import { backend, problem, show } from "../../testing/backend";
import { attempt, order, payment, wechatAttempt } from "../../testing/fixtures";
import { press } from "../../testing/hands";
import { PayPage } from "./PayPage";

const { id } = order("awaiting_payment");
const payments = `/api/orders/${id}/payments`;
const chosen = payment("choose", { attempt: null });

afterEach(() => {
  vi.useRealTimers();
});

/** Shows the page with what the server tells until it is told otherwise; a code that is asked for is the answer. */
function open(first: PaymentView, code: PaymentView | (() => Response) = payment("scan")) {
  let now = first;
  const calls = backend({
    [`GET /api/orders/${id}`]: order("awaiting_payment"),
    [`GET ${payments}`]: () => now,
    [`POST ${payments}`]: () => {
      if (typeof code === "function") {
        return code();
      }
      now = code;
      return code;
    },
  });
  const router = show(PayPage, "/orders/:order/pay", `/orders/${id}/pay`);
  return {
    router,
    asked: () => calls.filter(({ method }) => method === "POST").map(({ body }) => body),
    tell: (view: PaymentView) => {
      now = view;
    },
  };
}

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
const code = () => screen.findByTestId("code");

test("the payer chooses, the first way is marked, and one click shows its code", async () => {
  const { asked } = open(chosen, payment("scan", { attempt: wechatAttempt }));
  expect(await screen.findByRole("radio", { name: /支付宝/ })).toBeChecked();
  expect(asked()).toEqual([]);
  (await screen.findByRole("radio", { name: /微信支付/ })).click();
  await press("显示付款二维码");
  expect(await code()).toHaveAttribute("data-method", "wechatpay");
  expect(screen.getByText("请用微信“扫一扫”扫描二维码付款")).toBeVisible();
  expect(asked()).toEqual([{ method: "wechatpay" }]);
});

test("a single way to pay needs no click", async () => {
  const { asked } = open({ ...chosen, methods: ["alipay"] }, payment("scan", { methods: ["alipay"] }));
  expect(await screen.findByRole("link", { name: /打开支付宝/ })).toHaveAttribute("href", attempt().qr);
  expect(asked()).toEqual([{ method: "alipay" }]);
  expect(screen.queryByRole("button", { name: /改用/ })).toBeNull();
});

// covers: R68
test("where the storefront asks first, no code is asked for before the answer", async () => {
  const { asked } = open({ ...chosen, methods: ["alipay"], confirm: true });
  await press("显示付款二维码");
  expect(await screen.findByText(/将用支付宝支付 ¥1,120.00/)).toBeInTheDocument();
  expect(asked()).toEqual([]);
  await press("确认支付");
  await code();
  expect(asked()).toEqual([{ method: "alipay" }]);
});

// covers: R68
test("an order that is not submitted has nothing to pay, and says so", async () => {
  const calls = backend({ [`GET /api/orders/${id}`]: order("draft") });
  show(PayPage, "/orders/:order/pay", `/orders/${id}/pay`);
  expect(await screen.findByText("该订单尚未提交，请先提交订单。")).toBeVisible();
  expect(calls.filter(({ path }) => path.endsWith("/payments"))).toEqual([]);
});

test("another way to pay may be taken while a code is shown; the older code must not be scanned then", async () => {
  const { asked } = open(payment("scan"), payment("scan", { attempt: wechatAttempt, older_code: true }));
  await press("改用微信支付");
  await waitFor(() => expect(screen.getByTestId("code")).toHaveAttribute("data-method", "wechatpay"));
  expect(screen.getByText("请勿再扫描之前的二维码")).toBeVisible();
  expect(asked()).toEqual([{ method: "wechatpay" }]);
});

test("when it may not, the page says so and goes on with the code", async () => {
  open(payment("scan"), () => problem("not_in_this_state", 409, { title: "当前状态不能进行此操作" }));
  await press("改用微信支付");
  expect(await screen.findByText("当前状态不能进行此操作")).toBeVisible();
  expect(await code()).toHaveAttribute("data-method", "alipay");
  expect(screen.getByText(/继续用当前的二维码/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "重试" })).toBeNull();
});

test("a code that runs out is not shown any more; when nothing came one click makes a new one", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const soon = attempt({ qr_expires_at: "2026-11-21T01:40:05Z" });
  const { asked, tell } = open(payment("scan", { attempt: soon }));
  expect(await screen.findByText("二维码还有不到 1 分钟失效")).toBeInTheDocument();
  const late = { now: "2026-11-21T01:40:06Z" };
  tell(payment("scan", { attempt: soon, ...late }));
  await pass(6_000);
  expect(screen.queryByTestId("code")).toBeNull();
  expect(screen.getByText(/正在向支付平台确认是否收到付款/)).toBeVisible();
  tell(payment("choose", { attempt: attempt({ state: "closed", qr: null }), ...late }));
  await pass(2_000);
  expect(screen.getByText("二维码已失效")).toBeVisible();
  await press("重新获取二维码");
  await code();
  expect(asked()).toEqual([{ method: "alipay" }]);
});

test("what the telephone and the gateway do is followed, up to the money", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { router, tell } = open(payment("scan"));
  await code();
  tell(payment("paying", { silent: true }));
  await pass(2_000);
  expect(screen.getByText("已扫码，请在手机上确认付款")).toBeVisible();
  expect(screen.getByText("支付平台暂时没有响应")).toBeVisible();
  tell(payment("paid"));
  await pass(2_000);
  expect(screen.getByText("付款成功")).toBeVisible();
  await pass(1_500);
  expect(router.state.location.pathname).toBe(`/orders/${id}`);
});

test("a code that nobody finished making is asked for again, by the way that was chosen", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const making = attempt({ method: "wechatpay", state: "creating", qr: null });
  const { asked } = open(payment("preparing", { attempt: making }), payment("scan", { attempt: wechatAttempt }));
  expect(await screen.findByText("正在生成二维码…")).toBeVisible();
  expect(asked()).toEqual([]);
  await pass(4_000);
  expect(await code()).toHaveAttribute("data-method", "wechatpay");
  expect(asked()).toEqual([{ method: "wechatpay" }]);
});
