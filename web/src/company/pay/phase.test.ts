import { expect, test } from "vitest";

import { attempt, payment } from "../../testing/fixtures";
import { minutesSaid, pollPause, preselected, shownPhase } from "./phase";

const at = (time: string) => Date.parse(`2026-11-21T${time}Z`);
const early = at("01:40:00");

test("a QR code is shown as long as it lives by the server's clock; then the gateway is asked what came", () => {
  const view = payment("scan");
  expect(shownPhase(view, early)).toBe("scan");
  expect(shownPhase(view, at("02:08:00"))).toBe("confirming");
  expect(shownPhase(payment("confirming"), at("02:08:00"))).toBe("confirming");
  expect(shownPhase(payment("choose", { attempt: attempt({ state: "closed", qr: null }) }), early)).toBe("expired");
});

test("with several ways to pay one is chosen; a single one needs no click", () => {
  const two = payment("choose", { attempt: null });
  expect(shownPhase(two, early)).toBe("choose");
  expect(preselected(two)).toBe("alipay");
  expect(shownPhase({ ...two, methods: ["alipay"] }, early)).toBe("begin");
  expect(shownPhase({ ...two, methods: ["alipay"], confirm: true }, early)).toBe("choose");
});

test("after a wrong sum nothing is asked for by itself, and the last way to pay is marked", () => {
  const wrong = attempt({ method: "wechatpay", state: "paid", qr: null, disposition: "refund_wrong_sum" });
  const view = payment("choose", { attempt: wrong });
  expect(preselected(view)).toBe("wechatpay");
  expect(shownPhase(view, early)).toBe("choose");
  expect(shownPhase({ ...view, methods: ["wechatpay"] }, early)).toBe("choose");
  expect(preselected({ ...view, methods: ["alipay"] })).toBe("alipay");
});

test("what the server says of the rest is shown as it is, also late", () => {
  for (const phase of ["preparing", "paying", "paid", "ended"] as const) {
    expect(shownPhase(payment(phase), at("23:00:00"))).toBe(phase);
  }
});

test("questions are rarer after minutes and in the background", () => {
  expect(pollPause(0, false)).toBe(2_000);
  expect(pollPause(179_999, false)).toBe(2_000);
  expect(pollPause(180_000, false)).toBe(5_000);
  expect(pollPause(0, true)).toBe(15_000);
});

test("the time left is said rarely, and each minute at the end", () => {
  const said = (time: string) => minutesSaid(at("02:08:00") - at(time));
  expect(["01:38:00", "01:39:59", "01:42:59", "01:43:00", "01:43:01"].map(said)).toEqual([30, 30, 25, 25, 25]);
  expect(["02:03:00", "02:03:01", "02:04:01", "02:06:59", "02:07:01", "02:09:00"].map(said)).toEqual([
    5, 5, 4, 2, 0, 0,
  ]);
});
