import { screen } from "@testing-library/react";
import { expect, test } from "vitest";

import type { ShippingView } from "../../api/schema";
import { backend, problem, show } from "../../testing/backend";
import { queue, staff } from "../../testing/fixtures";
import { ORDER, pickup } from "../../testing/fixtures-orders-desk";
import { press } from "../../testing/hands";
import { PickupPage } from "./PickupPage";
import { PickupQueuePage } from "./PickupQueuePage";

const base = `/api/console/pickups/${ORDER}/1`;

function open(view: ShippingView | (() => ShippingView), replies: Record<string, object> = {}) {
  const calls = backend({ [`GET ${base}`]: view, ...replies });
  show(PickupPage, "/console/pickups/:order/:line", `/console/pickups/${ORDER}/1`, staff("branch"));
  return () => calls.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`);
}

test("the queue is that of one's own branch", async () => {
  backend({ "GET /api/console/pickups": queue("AwaitPickup") });
  show(PickupQueuePage, "/console/pickups", "/console/pickups", staff("branch"));
  expect(await screen.findByRole("heading", { name: "网点自取（南京玄武网点）" })).toBeVisible();
  expect(await screen.findByText(ORDER)).toHaveAttribute("href", `/console/pickups/${ORDER}/1`);
});

test("whom to call stands there, and nothing is fetched before it is confirmed", async () => {
  const deeds = open(pickup("AwaitPickup"), { [`POST ${base}/picked-up`]: pickup("AwaitReceipt") });
  expect(await screen.findByText("李雷")).toBeVisible();
  expect(screen.getByRole("link", { name: "13800138000" })).toHaveAttribute("href", "tel:13800138000");
  await press("已领取");
  expect(await screen.findByText(/确认 2 个密钥已全部交给领取人/)).toBeInTheDocument();
  expect(deeds()).toEqual([]);
  await press("确定");
  expect(await screen.findByText("密钥已领取，待企业确认收货。")).toBeVisible();
  expect(deeds()).toEqual([`POST ${base}/picked-up`]);
});

test("who is overtaken sees why and how it stands now", async () => {
  let ended = false;
  open(() => pickup(ended ? "LineCancelled" : "AwaitPickup"), {
    [`POST ${base}/picked-up`]: () => {
      ended = true;
      return problem("not_in_this_state", 409);
    },
  });
  await press("已领取");
  await press("确定");
  expect(await screen.findByText("该商品已结束，请勿交付密钥。")).toBeVisible();
  expect(screen.queryByRole("button", { name: "已领取" })).toBeNull();
});
