import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import type { ReviewSeals, ReviewStamp, ReviewView } from "../../api/schema";
import { backend, show } from "../../testing/backend";
import { creditOf, ofLockedKey, queueRow, review } from "../../testing/fixtures";
import { press } from "../../testing/hands";
import { ReviewPage } from "./ReviewPage";

const ORDER = review(true).row.order;
const path = `/api/console/reviews/${ORDER}/1`;

function stamp(no: number, more: Partial<ReviewStamp> = {}): ReviewStamp {
  return {
    sha256: String(no).repeat(64),
    no,
    page: 1,
    shape: "round",
    ink: "red",
    size: { width: 420, height: 421 },
    measured: "by_marks",
    picture: `/api/fixture/stamp-${String(no)}.png`,
    original: `/api/fixture/stamp-${String(no)}-original.jpg`,
    ...more,
  };
}

function withSeals(seals: Partial<ReviewSeals>, more: Partial<ReviewView> = {}): ReviewView {
  return { ...review(true), seals: { wanted: 2, stamps: [], findings: [], chosen: [], ...seals }, ...more };
}

function open() {
  return show(ReviewPage, "/console/review/:order/:line", `/console/review/${ORDER}/1`);
}

const done = () => new Response(null, { status: 204 });

// covers: R19
test("original and picture stand side by side with millimetres; what the reviewer corrects and chooses is approved", async () => {
  const chop = stamp(2, { shape: "square", ink: "blue", size: { width: 200, height: 200 }, measured: "by_page" });
  const calls = backend({
    [`GET ${path}`]: withSeals({
      stamps: [stamp(1), chop],
      findings: [{ problem: "cut_by_edge", page: 1, stamp: 2 }],
    }),
    [`POST ${path}/approve`]: done(),
  });
  const router = open();
  const first = within(await screen.findByRole("article", { name: "印章 1" }));
  expect(first.getByRole("img", { name: "印章 1：扫描件" })).toHaveAttribute("src", stamp(1).original);
  expect(first.getByRole("img", { name: "印章 1：裁出的图像" })).toHaveAttribute("src", stamp(1).picture);
  expect(first.getByText(/42\.0 × 42\.1 毫米/)).toBeVisible();
  expect(first.queryByText(/超出扫描范围/)).toBeNull();
  const second = within(screen.getByRole("article", { name: "印章 2" }));
  expect(second.getByText(/超出扫描范围/)).toBeVisible();
  expect(second.getByText(/未找到定位标记/)).toBeVisible();

  fireEvent.change(first.getByLabelText("印章 1：宽（毫米）"), { target: { value: "42.3" } });
  expect(await first.findByText(/测得 42\.0 × 42\.1 毫米/)).toBeVisible();
  fireEvent.mouseDown(screen.getByRole("combobox", { name: "第 2 个密钥" }));
  fireEvent.click(await screen.findByText("印章 1（圆形 · 红色）", { selector: ".ant-select-item-option-content" }));
  await press("审核通过");
  await press("确定");
  await waitFor(() => expect(router.state.location.pathname).toBe("/console/review"));
  const size = { width: 423, height: 421 };
  expect(calls.find(({ method }) => method === "POST")?.body).toEqual({
    seals: [
      { unit: 1, sha256: stamp(1).sha256, size },
      { unit: 2, sha256: stamp(1).sha256, size },
    ],
  });
});

test("fewer stamps than keys: the reviewer is warned, and the one that was found stands for every key", async () => {
  const calls = backend({
    [`GET ${path}`]: withSeals({ stamps: [stamp(1)] }),
    [`POST ${path}/approve`]: done(),
  });
  open();
  expect(await screen.findByText(/有 2 个密钥带签章，只找到 1 枚印章/)).toBeVisible();
  await press("审核通过");
  await press("确定");
  const { sha256, size } = stamp(1);
  const seals = [1, 2].map((unit) => ({ unit, sha256, size }));
  await waitFor(() => expect(calls.find(({ method }) => method === "POST")?.body).toEqual({ seals }));
});

test("no stamp: the sheet can only be sent back, and the reviewer is told", async () => {
  backend({ [`GET ${path}`]: withSeals({ findings: [{ problem: "no_stamp", page: 1, stamp: null }] }) });
  open();
  expect(await screen.findByText(/没有找到印章，该商品有 2 个密钥带签章/)).toBeVisible();
  expect(screen.queryByText("各密钥使用的印章")).toBeNull();
  expect(screen.getByRole("button", { name: "审核通过" })).toBeDisabled();
});

test("who has not taken the line sees the stamps and changes nothing; after approval what was chosen is shown", async () => {
  const seals: Partial<ReviewSeals> = {
    stamps: [stamp(1)],
    chosen: [{ unit: 1, sha256: stamp(1).sha256, size: { width: 420, height: 421 } }],
  };
  backend({ [`GET ${path}`]: withSeals(seals, { row: queueRow("AwaitProduction") }) });
  open();
  expect(await screen.findByRole("img", { name: "印章 1：裁出的图像" })).toBeVisible();
  expect(screen.queryByLabelText("印章 1：宽（毫米）")).toBeNull();
  expect(screen.queryByRole("combobox", { name: "第 1 个密钥" })).toBeNull();
  expect(screen.getByText(/第 1 个密钥：印章 1/)).toBeVisible();
});

test("keys without e-seals have no stamps to look at", async () => {
  const calls = backend({ [`GET ${path}`]: review(true), [`POST ${path}/approve`]: done() });
  open();
  await screen.findByRole("heading", { name: "上传资料" });
  expect(screen.queryByText("印章图像")).toBeNull();
  await press("审核通过");
  await press("确定");
  await waitFor(() => expect(calls.find(({ method }) => method === "POST")?.body).toEqual({ seals: [] }));
});

test("time that was read from a locked key is confirmed before it is approved", async () => {
  const calls = backend({ [`GET ${path}`]: ofLockedKey, [`POST ${path}/approve`]: done() });
  open();
  const key = within(await screen.findByRole("region", { name: "旧密钥折算" }));
  expect(key.getByText("CPP-2024-0001")).toBeVisible();
  expect(key.getByText("¥160.00")).toBeVisible();
  expect(key.getByText(/已锁定，密钥没有作出证明/)).toBeVisible();
  expect(screen.getByRole("button", { name: "审核通过" })).toBeDisabled();
  fireEvent.click(screen.getByRole("checkbox", { name: "已核实旧密钥的剩余年限" }));
  await press("审核通过");
  await press("确定");
  const sent = { seals: [], credit_confirmed: true };
  await waitFor(() => expect(calls.find(({ method }) => method === "POST")?.body).toEqual(sent));
});

test("time that the key itself proved asks for nothing", async () => {
  backend({ [`GET ${path}`]: { ...review(true), credit: creditOf(false) } });
  open();
  await screen.findByRole("heading", { name: "旧密钥折算" });
  expect(screen.queryByRole("checkbox", { name: "已核实旧密钥的剩余年限" })).toBeNull();
  expect(screen.getByRole("button", { name: "审核通过" })).toBeEnabled();
});
