import { expect, test } from "vitest";

import { MAIL, MOBILE } from "./checks";
import { formatMoney, isZero } from "./format-money";
import { formatPlace } from "./format-place";
import { loginPath, nextPage } from "./next-page";
import { formatLeft } from "./time";

test("money keeps every digit", () => {
  expect(formatMoney("360.00")).toBe("¥360.00");
  expect(formatMoney("1234567.5")).toBe("¥1,234,567.50");
  expect(formatMoney("999999999999.99")).toBe("¥999,999,999,999.99");
  expect(formatMoney("0")).toBe("¥0.00");
  expect(isZero("0.00")).toBe(true);
  expect(isZero("0.01")).toBe(false);
});

test("a place is one line, without a gap for what is empty", () => {
  const place = { province: "浙江省", city: "杭州市", district: "西湖区", detail: "文三路 1 号" };
  expect(formatPlace(place)).toBe("浙江省 杭州市 西湖区 文三路 1 号");
  expect(formatPlace({ ...place, district: "" })).toBe("浙江省 杭州市 文三路 1 号");
});

test("time left counts down to zero and never below", () => {
  expect(formatLeft(30 * 60_000)).toBe("30:00");
  expect(formatLeft(61_000)).toBe("01:01");
  expect(formatLeft(3_600_000 + 5_000)).toBe("1:00:05");
  expect(formatLeft(-5)).toBe("00:00");
});

test("after login one goes back to where one was, and never off this site", () => {
  const after = (next: string) => nextPage(new URLSearchParams({ next }), "/");
  expect(after("/orders/1?x=2")).toBe("/orders/1?x=2");
  for (const evil of ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""]) {
    expect(after(evil), evil).toBe("/");
  }
  const path = loginPath("/login", { pathname: "/order/new", search: "?sku=a&b=c" });
  expect(nextPage(new URLSearchParams(path.split("?")[1]), "/")).toBe("/order/new?sku=a&b=c");
});

test("mobile numbers and mail addresses, as in shared/domain", () => {
  expect("13800138000").toMatch(MOBILE);
  for (const bad of ["12800138000", "1380013800", "138001380000", "+8613800138000", "1380013800a", ""]) {
    expect(bad).not.toMatch(MOBILE);
  }
  expect("li.lei@example.com.cn").toMatch(MAIL);
  for (const bad of ["", "a", "a@b", "@b.cn", "a@.cn", "a b@c.cn", "a@b.cn>", "a@-b.cn"]) {
    expect(bad).not.toMatch(MAIL);
  }
});
