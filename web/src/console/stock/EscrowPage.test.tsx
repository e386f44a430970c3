import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { EscrowRequest } from "../../api/schema";
import { backend, type Call, problem, show } from "../../testing/backend";
import { staff } from "../../testing/fixtures";
import * as own from "../../testing/fixtures-making";
import { press, type } from "../../testing/hands";
import { EscrowPage } from "./EscrowPage";
import { StockPage } from "./StockPage";

const PATH = "POST /api/console/escrow";
const at = "/console/stock/escrow";
const open = () => show(EscrowPage, at, at, staff("admin"));
const empty = () => new Response(null, { status: 204 });
const bodies = (calls: Call[]) =>
  calls.filter(({ method }) => method === "POST").map(({ body }) => body as EscrowRequest);
const serials = (calls: Call[]) => bodies(calls).map(({ keys }) => keys.map(({ serial }) => serial));
const label = "序列号和 SO PIN";
/** So many keys, with SO PINs that are found again wherever they should not be. */
const lines = (count: number) =>
  Array.from({ length: count }, (_, no) => `K${String(no + 1)},Secret-${String(no + 1)}`).join("\n");
const field = (place: number, code: string, name = "serial") =>
  problem("invalid_fields", 422, {
    errors: [{ field: `keys[${String(place)}].${name}`, code: code as "taken", message: "格式不正确" }],
  });
const fate = (serial: string) =>
  within(screen.getByText(serial, { selector: "td *" }).closest("tr") ?? document.body)
    .getByText(/./, { selector: "[data-state]" })
    .getAttribute("data-state");
const said = vi.fn();

async function paste(text: string) {
  await type(label, text);
  await press("读取");
}
const medium = async () => fireEvent.click(await screen.findByLabelText("BJCA 介质"));

/** No SO PIN is anywhere but in what was sent. */
function nowhere(router: ReturnType<typeof open>) {
  const kept = JSON.stringify([Object.entries(sessionStorage), Object.entries(localStorage), router.state.location]);
  const fields = [...document.querySelectorAll("input, textarea")].map((one) => (one as HTMLInputElement).value);
  expect(document.body.innerHTML + fields.join() + kept + JSON.stringify(said.mock.calls)).not.toMatch(
    /Secret-|Escrow-/,
  );
}

beforeEach(() => {
  for (const level of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, level).mockImplementation(said);
  }
});
afterEach(() => {
  said.mockClear();
});

test("what was pasted is masked once it was read, sent with its medium, and forgotten", async () => {
  const calls = backend({ [PATH]: empty });
  const router = open();
  await paste(lines(2));
  expect(await screen.findByText("读到 2 个密钥")).toBeVisible();
  expect(screen.getByText("K2").closest("tr")).toHaveTextContent("K2待发送");
  nowhere(router);
  await press("接管 2 个密钥");
  expect(await screen.findByText("请先选择介质")).toBeVisible();
  expect(bodies(calls)).toHaveLength(0);
  await medium();
  await press("接管 2 个密钥");
  expect(await screen.findByText(/2 个密钥的 SO PIN 已接管/)).toBeVisible();
  expect(bodies(calls)).toEqual([
    {
      medium: "bjca",
      keys: [
        { serial: "K1", so_pin: "Secret-1" },
        { serial: "K2", so_pin: "Secret-2" },
      ],
    },
  ]);
  nowhere(router);
  await press("继续接管");
  expect(screen.getByLabelText(label)).toHaveValue("");
  nowhere(router);
});

test("a file is read here; wrong lines are told by number and field, and are not sent", async () => {
  const calls = backend({ [PATH]: empty });
  const router = open();
  const file = new File([own.escrowFile], "escrow.csv", { type: "text/csv" });
  fireEvent.change(await screen.findByLabelText(`选择文件: ${label}`), { target: { files: [file] } });
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent("3 行有问题，不会发送");
  expect(
    within(alert)
      .getAllByRole("listitem")
      .map(({ textContent }) => textContent),
  ).toEqual([
    "第 4 行，SO PIN：为空。请补上 SO PIN；没有时请删除该行。",
    "第 6 行，序列号：与第 7 行序列号相同而 SO PIN 不同，两行都不发送。请只保留正确的一行。",
    "第 7 行，序列号：与第 6 行序列号相同而 SO PIN 不同，两行都不发送。请只保留正确的一行。",
  ]);
  expect(screen.getByText("1 行与前面完全相同，已合并。")).toBeVisible();
  nowhere(router);
  await medium();
  await press("接管 3 个密钥");
  await screen.findByText(/3 个密钥的 SO PIN 已接管/);
  expect(serials(calls)).toEqual([["BJ20240100001", "BJ20240100002", "BJ20240100004"]]);
  expect(screen.getByRole("button", { name: "重新导入" })).toBeVisible();
});

test("a list without one good line has nothing to send", async () => {
  backend({});
  open();
  await paste("K1\nK2,123");
  expect(await screen.findByText("没有可以发送的密钥")).toBeVisible();
  expect(screen.queryByRole("button", { name: /^接管/ })).toBeNull();
  await press("重新导入");
  await paste("  ");
  expect(await screen.findByRole("alert")).toHaveTextContent("没有读到内容");
});

test("what is no list is said, with the way out", async () => {
  backend({});
  open();
  const choose = async (file: File) =>
    fireEvent.change(await screen.findByLabelText(`选择文件: ${label}`), { target: { files: [file] } });
  await choose(new File(["PK\u0003\u0004"], "keys.xlsx"));
  expect(await screen.findByRole("alert")).toHaveTextContent("另存为 CSV");
  const gone = new File(["K1,12345678"], "keys.csv");
  gone.arrayBuffer = () => Promise.reject(new Error("gone"));
  await choose(gone);
  await waitFor(() => expect(screen.getByRole("alert")).toHaveTextContent("文件无法读取"));
});

test("more than a batch goes in several", async () => {
  const calls = backend({ [PATH]: empty });
  open();
  await paste(lines(60));
  await medium();
  await press("接管 60 个密钥");
  await screen.findByText(/60 个密钥的 SO PIN 已接管/);
  expect(serials(calls).map(({ length }) => length)).toEqual([25, 25, 10]);
  expect(new Set(serials(calls).flat()).size).toBe(60);
});

test("a key that the server does not want is said with the reason, and the others go without it", async () => {
  const answers = [() => field(1, "taken"), () => field(0, "invalid", "so_pin"), empty];
  const calls = backend({ [PATH]: () => (answers.shift() ?? empty)() });
  const router = open();
  await paste(lines(4));
  await medium();
  await press("接管 4 个密钥");
  expect(await screen.findByText("已接管 2 个，保持不变 1 个，未接受 1 个")).toBeVisible();
  expect(serials(calls)).toEqual([
    ["K1", "K2", "K3", "K4"],
    ["K1", "K3", "K4"],
    ["K3", "K4"],
  ]);
  expect(screen.getByText("K2").closest("tr")).toHaveTextContent(/已登记，保持不变.*由本系统制作/);
  expect(screen.getByText("K1").closest("tr")).toHaveTextContent(/未接受格式不正确/);
  // What has to be looked at stands first.
  expect(screen.getAllByRole("row").map((row) => /K\d/.exec(row.textContent)?.[0])).toEqual([
    undefined,
    "K1",
    "K2",
    "K3",
    "K4",
  ]);
  nowhere(router);
});

test("a line lost in the middle: what was taken is said, and the rest goes on without reading it in again", async () => {
  const answers: (() => object)[] = [empty, () => new TypeError("offline")];
  const calls = backend({ [PATH]: () => (answers.shift() ?? empty)() });
  const router = open();
  await paste(lines(60));
  await medium();
  await press("接管 60 个密钥");
  expect(await screen.findByText("已接管 25 个，其余 35 个还没有接管")).toBeVisible();
  expect(screen.getByRole("alert")).toHaveTextContent("网络连接失败");
  expect([fate("K26"), fate("K50")]).toEqual(["unsure", "unsure"]);
  expect(screen.getByLabelText("BJCA 介质")).toBeDisabled();
  nowhere(router);
  await press("继续发送其余 35 个");
  expect(await screen.findByText(/60 个密钥的 SO PIN 已接管/)).toBeVisible();
  expect(screen.queryByRole("alert")).toBeNull();
  expect(serials(calls).map(([first]) => first)).toEqual(["K1", "K26", "K26", "K51"]);
  nowhere(router);
});

test("a refusal of the whole says why, and nothing of it counts as sent", async () => {
  backend({ [PATH]: problem("changed_meanwhile", 409, { title: "内容已被其他人修改" }) });
  open();
  await paste(lines(1));
  await medium();
  await press("接管 1 个密钥");
  expect(await screen.findByText("已接管 0 个，其余 1 个还没有接管")).toBeVisible();
  expect(screen.getByText("内容已被其他人修改")).toBeVisible();
  expect(fate("K1")).toBe("waiting");
});

test("who leaves stops what was not sent yet", async () => {
  let answer: (response: Response) => void = () => undefined;
  const calls = backend({ [PATH]: () => new Promise<Response>((resolve) => (answer = resolve)) });
  const router = open();
  await paste(lines(30));
  await medium();
  await press("接管 30 个密钥");
  expect(await screen.findByText("正在发送：0 / 30。请不要离开本页。")).toBeVisible();
  await waitFor(() => expect(calls).toHaveLength(1));
  fireEvent.click(screen.getByRole("link", { name: /空白密钥库存/ }));
  await screen.findByText("elsewhere");
  answer(empty());
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(calls.filter(({ method }) => method === "POST")).toHaveLength(1);
  nowhere(router);
});

test("only an administrator is shown the way here", async () => {
  backend({ "GET /api/console/stock": own.stock });
  show(StockPage, "/console/stock", "/console/stock", staff("maker"));
  await screen.findByText("BJ20261100101");
  expect(screen.queryByRole("link", { name: "接管 SO PIN" })).toBeNull();
});
