import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { backend, type Call, problem, show } from "../../testing/backend";
import { staff } from "../../testing/fixtures";
import * as own from "../../testing/fixtures-making";
import { press, type } from "../../testing/hands";
import { StockPage } from "./StockPage";

const STOCK = "/api/console/stock";
const base = { [`GET ${STOCK}`]: own.stock };
const open = (role: "maker" | "admin" = "admin", search = "") =>
  show(StockPage, "/console/stock", `/console/stock${search}`, staff(role));
const posted = (calls: Call[]) => calls.filter(({ method }) => method === "POST");
const empty = () => new Response(null, { status: 204 });

/** Opens the form and fills it in. */
async function fill(serials: string) {
  await press("登记入库");
  fireEvent.click(await screen.findByLabelText("BJCA 介质", { selector: "form input" }));
  await type("序列号", serials);
}
/** The form's own button; the one that opened it is gone. */
const submit = () => press("登记入库");

test("how many there are of each medium, with a warning below twenty", async () => {
  backend(base);
  open("maker");
  const counts = await screen.findByRole("region", { name: "可用数量" });
  expect(counts).toHaveTextContent("BJCA 介质38蓝色 CPP 介质4数量不足");
  expect(counts).toHaveTextContent("蓝色 CPP 介质的空白密钥不足 20 个");
  expect(counts).not.toHaveTextContent("BJCA 介质的空白密钥不足");
});

test("a list by state and medium, a page at a time", async () => {
  const calls = backend({
    [`GET ${STOCK}`]: ({ search }: Call) => (search.includes("cursor") ? own.used : own.stock),
  });
  open("maker", "?state=used&medium=cpp");
  await press("加载更多");
  expect(await screen.findByText("BJ20261100002")).toBeVisible();
  expect(calls.map(({ search }) => search)).toEqual([
    "?state=used&medium=cpp",
    `?state=used&medium=cpp&cursor=${own.stock.cursor ?? ""}`,
  ]);
});

test("an address of no state or medium shows the blank ones", async () => {
  const calls = backend(base);
  open("maker", "?state=stolen&medium=gold");
  await screen.findByText("BJ20261100101");
  expect(calls[0]?.search).toBe("?state=blank&medium=bjca");
});

test("only an administrator takes keys in", async () => {
  backend(base);
  open("maker");
  await screen.findByText("BJ20261100101");
  expect(screen.queryByRole("button", { name: "登记入库" })).toBeNull();
});

test("keys are taken in as a scanner types them", async () => {
  const calls = backend({ ...base, [`POST ${STOCK}`]: empty });
  open();
  await fill("BJ1\nBJ2\nBJ3\n");
  await submit();
  expect(await screen.findByText("已登记 3 个密钥。")).toBeVisible();
  expect(posted(calls)[0]?.body).toEqual({ medium: "bjca", serials: ["BJ1", "BJ2", "BJ3"] });
  expect(sessionStorage.getItem("sealkey:draft:stock")).toBeNull();
});

test.each([
  ["", "请填写至少一个序列号"],
  ["BJ1\nBJ2\nBJ1", "重复的序列号：BJ1"],
  ["BJ1\nBJ 2#", "请修改：2#"],
  [Array.from({ length: 26 }, (_, no) => `BJ${String(no)}`).join("\n"), "一次最多登记 25 个，现在有 26 个"],
])("%j is not sent, and what is wrong is named", async (serials, wrong) => {
  const calls = backend({ ...base, [`POST ${STOCK}`]: empty });
  open();
  await fill(serials);
  await submit();
  await waitFor(() => expect(screen.getByLabelText("序列号")).toHaveAccessibleDescription(new RegExp(wrong)));
  expect(posted(calls)).toHaveLength(0);
});

test("without a medium nothing is sent", async () => {
  const calls = backend({ ...base, [`POST ${STOCK}`]: empty });
  open();
  await press("登记入库");
  await type("序列号", "BJ1");
  await submit();
  expect(await screen.findByText("请选择介质")).toBeVisible();
  expect(posted(calls)).toHaveLength(0);
});

test.each(["serials.1", "serials[1]"])("what the server does not want is named with its serial: %s", async (field) => {
  backend({
    ...base,
    [`POST ${STOCK}`]: problem("invalid_fields", 422, {
      errors: [{ field, code: "invalid", message: "已登记为另一种介质" }],
    }),
  });
  open();
  await fill("BJ1\nBJ2");
  await submit();
  await waitFor(() => expect(screen.getByLabelText("序列号")).toHaveAccessibleDescription(/BJ2: 已登记为另一种介质/));
  expect(screen.getByLabelText("序列号")).toHaveValue("BJ1\nBJ2");
});

test("a blank key is taken out with a reason", async () => {
  const path = `${STOCK}/BJ20261100102/scrap`;
  const calls = backend({
    ...base,
    [`POST ${path}`]: own.stockKey("BJ20261100102", { state: "scrapped", scrapped_for: "damaged" }),
  });
  open("maker");
  await screen.findByText("BJ20261100102");
  await press("作废 BJ20261100102");
  const dialog = await screen.findByRole("dialog");
  await press("确认作废");
  expect(await within(dialog).findByText("请选择作废原因")).toBeVisible();
  fireEvent.click(within(dialog).getByLabelText("外观或印刷损坏"));
  await press("确认作废");
  expect(await screen.findByText("BJ20261100102 已作废。")).toBeVisible();
  expect(posted(calls).map(({ path: to, body }) => [to, body])).toEqual([[path, { reason: "damaged" }]]);
});
