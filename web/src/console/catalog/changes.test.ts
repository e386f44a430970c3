import { expect, test } from "vitest";

import { catalog, product, sold } from "../../testing/fixtures-orders-desk";
import { asRequest, inEffect, planned, versionAt } from "./changes";
import { fieldOf, momentOf, stamp, tomorrow } from "./china";

const at = (time: string) => Date.parse(time);

test("of several changes the newest that has begun counts", () => {
  const prices = ["2026-06-30T15:59:59Z", "2026-06-30T16:00:00Z", "2026-12-31T15:59:59Z", "2026-12-31T16:00:00Z"].map(
    (time) => versionAt(sold, at(time))?.price,
  );
  expect(prices).toEqual(["360.00", "380.00", "380.00", "400.00"]);
  expect(planned(sold, at("2026-11-21T01:40:00Z")).map(({ price }) => price)).toEqual(["400.00"]);
});

test("what was withdrawn is in effect as withdrawn; what begins later is planned", () => {
  const now = at("2026-11-21T01:40:00Z");
  const [gone, later] = ["key-old", "unlock"].map((sku) => catalog.products.find((one) => one.sku === sku));
  expect(gone && inEffect(gone, now)?.withdrawn).toBe(true);
  expect(gone && planned(gone, now)).toEqual([]);
  expect(later && inEffect(later, now)).toBeUndefined();
  expect(later && planned(later, now)).toHaveLength(1);
});

test("a version becomes a change of its own without its number and storefront", () => {
  const request = asRequest(product(), "2026-12-01T00:00:00Z", true);
  expect(request).toMatchObject({ price: "360.00", effective_from: "2026-12-01T00:00:00Z", withdrawn: true });
  expect(request).not.toHaveProperty("sku");
  expect(request).not.toHaveProperty("storefront");
});

test("fields hold the time of China, wherever the browser is", () => {
  expect(momentOf("2026-12-01T00:00")).toBe("2026-11-30T16:00:00Z");
  expect(momentOf("2026-12-01")).toBeUndefined();
  expect(momentOf("2026-13-01T00:00")).toBeUndefined();
  expect(fieldOf(at("2026-11-30T16:00:00Z"))).toBe("2026-12-01T00:00");
  expect(tomorrow(at("2026-12-31T15:59:00Z"))).toBe("2027-01-01T00:00");
  expect(tomorrow(at("2026-12-31T16:00:00Z"))).toBe("2027-01-02T00:00");
  expect(stamp(at("2026-11-21T01:40:00.123Z"))).toBe("2026-11-21T01:40:00Z");
});
