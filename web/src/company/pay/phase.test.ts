import { expect, test } from "vitest";

import { payment } from "../../testing/fixtures";
import { paymentPhase } from "./phase";

const at = (time: string) => Date.parse(`2026-11-21T${time}Z`);
const { attempt } = payment;

test("a QR code is shown as long as it lives by the server's clock, then a new one is offered", () => {
  expect(paymentPhase(payment, at("01:40:00"), false)).toBe("scan");
  expect(paymentPhase(payment, at("02:08:00"), false)).toBe("expired");
});

test("without an attempt one is made; one that is being made is waited for", () => {
  expect(paymentPhase({ ...payment, attempt: null }, at("01:40:00"), false)).toBe("none");
  expect(
    attempt &&
      paymentPhase({ ...payment, attempt: { ...attempt, state: "creating", qr: null } }, at("01:40:00"), false),
  ).toBe("making");
});

test("paid is paid, also late; past the time to pay and cancelled are over", () => {
  expect(paymentPhase({ ...payment, paid: true }, at("23:00:00"), true)).toBe("paid");
  expect(paymentPhase({ ...payment, pay_by: "2026-11-21T01:35:21Z" }, at("01:40:00"), false)).toBe("over");
  expect(paymentPhase(payment, at("01:40:00"), true)).toBe("over");
});
