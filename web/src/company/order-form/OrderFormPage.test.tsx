import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { ConnectionError } from "../../api/errors";
import type { DraftRequest, OrderView } from "../../api/schema";
import { backend, type Call, problem, show } from "../../testing/backend";
import { catalog, order, quote } from "../../testing/fixtures";
import { file, ordinary, special } from "../../testing/fixtures-file";
import * as fixture from "../../testing/fixtures-ordering";
import { press, stored } from "../../testing/hands";
import { CounterOrderFormPage, OrderFormPage } from "./OrderFormPage";

const SKU = "/order/new?sku=key-seal-1y";
const { id } = order("draft");
const base = {
  "GET /api/catalog/mall": fixture.mall,
  "GET /api/catalog/counter": fixture.counter,
  "GET /api/company": file(),
  "GET /api/keys": fixture.keys,
  "POST /api/quotes": quote,
};

const created = (calls: Call[]) => calls.filter(({ method, path }) => `${method} ${path}` === "POST /api/orders");
const open = (address: string) => show(OrderFormPage, "/order/new", address);
const openCounter = (address: string) => show(CounterOrderFormPage, "/counter/order/new", address);
const draftPage = (draft: OrderView, answers: Record<string, object> = {}, step = "") => {
  const calls = backend({ ...base, [`GET /api/orders/${id}`]: draft, ...answers });
  open(`/order/new?order=${id}${step}`);
  return calls;
};

/** Found by hand: looking for roles in all of this page takes seconds. */
function all<E extends HTMLElement>(selector: string, text: RegExp | string, within: ParentNode = document): E[] {
  const fits = (one: HTMLElement) =>
    typeof text === "string" ? one.textContent.trim() === text : text.test(one.textContent);
  return [...within.querySelectorAll<E>(selector)].filter(fits);
}
function find<E extends HTMLElement>(selector: string, text: RegExp | string, within?: ParentNode): Promise<E> {
  return waitFor(() => {
    const [first] = all<E>(selector, text, within);
    if (!first) {
      throw new Error(`no ${selector} with ${String(text)}`);
    }
    return first;
  });
}
/** The box or button to tick whose label says this. */
async function tickable(text: RegExp | string): Promise<HTMLInputElement> {
  const input = (await find("label", text)).querySelector("input");
  if (!input) {
    throw new Error(`nothing to tick at ${String(text)}`);
  }
  return input;
}
async function tick(text: RegExp | string): Promise<void> {
  fireEvent.click(await tickable(text));
}
/** The part of the page with this name. */
function part(name: string): Promise<HTMLElement> {
  return waitFor(() => {
    const found = document.querySelector<HTMLElement>(`[aria-label="${name}"]`);
    if (!found) {
      throw new Error(`no part ${name}`);
    }
    return found;
  });
}
/** What a reader hears beside the field of this label: its hint and its errors. */
function beside(label: string): string {
  const ids = screen.getByLabelText(label).getAttribute("aria-describedby") ?? "";
  return ids
    .split(" ")
    .map((one) => document.getElementById(one)?.textContent ?? "")
    .join(" ");
}

/** From the filled list through the invoice to the second look. */
async function toCheck() {
  await press("下一步");
  await part("发票类型");
  await press("下一步");
  await screen.findByText("请再次确认以下信息，无误后点击“提交”。");
}

// covers: R7
test("the shopping list holds speed, address and invoice in the manual's words", async () => {
  backend(base);
  open(SKU);
  expect(await tickable(/加急 6 小时.*\+¥200\.00.*半天制作完成，交给物流公司发货/)).toHaveAttribute("type", "radio");
  expect(await tickable(/加急 12 小时.*\+¥100\.00.*当天制作完成，交给物流公司发货/)).not.toBeChecked();
  expect(await tickable(/李雷.*中山路 100 号/)).toBeChecked();
  expect(await tickable("开具发票")).toBeChecked();
});

// covers: R10, R11
test("without a tick there is no invoice, in plain words, and no step for it", async () => {
  const calls = backend({ ...base, "POST /api/orders": order("draft") });
  open(SKU);
  const steps = await part("填写步骤");
  expect(steps).toHaveTextContent("填写发票");
  await tick("开具发票");
  expect(screen.getByText("取消勾选即视为不开发票。订单提交后不能补开发票。")).toBeVisible();
  expect(steps).not.toHaveTextContent("填写发票");
  await press("下一步");
  await screen.findByText("请再次确认以下信息，无误后点击“提交”。");
  expect(document.querySelector('[aria-label="发票类型"]')).toBeNull();
  expect(screen.getByText("不开发票")).toBeVisible();
  await press("保存");
  await waitFor(() => expect(created(calls)).toHaveLength(1));
  expect(created(calls)[0]?.body).toMatchObject({ invoice: null });
});

// covers: R12, R13
test("a special invoice takes a title that names the bank, and says where such a title is added", async () => {
  const calls = backend({ ...base, "POST /api/orders": order("draft") });
  open(SKU);
  await tickable(/李雷/);
  await press("下一步");
  await part("发票类型");
  expect(await tickable(new RegExp(ordinary.tax_number))).toBeChecked();
  await tick(/增值税专用发票/);
  expect(await tickable(new RegExp(special.title))).toBeChecked();
  expect(all("label", new RegExp(ordinary.mail))).toEqual([]);
  const here = await find<HTMLAnchorElement>("a", "点击此处");
  expect([here.getAttribute("href"), here.target]).toEqual(["/company", "_blank"]);
  await press("下一步");
  await screen.findByText("请再次确认以下信息，无误后点击“提交”。");
  await press("保存");
  await waitFor(() => expect(created(calls)).toHaveLength(1));
  expect(created(calls)[0]?.body).toMatchObject({
    invoice: { kind: "paper_special", title: special.id, ask_special: false },
  });
});

test("without such a title one does not get past the invoice", async () => {
  backend({ ...base, "GET /api/company": file("approved", { invoice_titles: [] }) });
  open(SKU);
  await tickable(/李雷/);
  await press("下一步");
  await part("发票类型");
  expect(await tickable("以本企业名称开具")).toBeChecked();
  await tick(/增值税专用发票/);
  await press("下一步");
  await waitFor(() => expect(screen.getAllByText(/专用发票需要开户行、账号、地址和电话/)).toHaveLength(2));
  expect(screen.queryByText("请再次确认以下信息，无误后点击“提交”。")).toBeNull();
});

// covers: R66, R67
test("an order is looked at once more, made once, submitted, and leads to the payment", async () => {
  const calls = backend({
    ...base,
    "POST /api/orders": order("draft"),
    [`POST /api/orders/${id}/submit`]: order("awaiting_payment"),
  });
  const router = open(SKU);
  await tickable(/李雷/);
  await toCheck();
  expect(created(calls)).toHaveLength(0);
  expect(screen.getByText(/中山路 100 号示例大厦/)).toBeVisible();
  expect(screen.getByText("纸质普通发票")).toBeVisible();
  await press("提交");
  await waitFor(() => expect(router.state.location.pathname).toBe(`/orders/${id}/pay`));
  const [create] = created(calls);
  expect(create?.headers.get("x-sealkey-request")).toBe("1");
  expect(create?.headers.get("accept-language")).toBe("zh-CN");
  expect(create?.headers.get("idempotency-key")).toMatch(/^[\da-f]{32}$/);
  expect(create?.body).toMatchObject({
    storefront: "mall",
    lines: [{ sku: "key-seal-1y", quantity: 1, key_serial: null }],
    urgency: "none",
    invoice: { kind: "paper_ordinary" },
    delivery: { kind: "courier_prepaid", address: { province: "江苏省", name: "李雷" }, branch: null },
  });
  expect(sessionStorage).toHaveLength(0);
});

test("a try without an answer is made again under the same key, and nothing typed is lost", async () => {
  let tries = 0;
  const calls = backend({
    ...base,
    "POST /api/orders": () => {
      tries += 1;
      return tries === 1 ? new ConnectionError() : order("draft");
    },
    [`PUT /api/orders/${id}`]: { ...order("draft"), version: 5 },
    [`POST /api/orders/${id}/submit`]: order("awaiting_payment"),
  });
  open(SKU);
  fireEvent.change(await screen.findByLabelText("数量"), { target: { value: "3" } });
  await toCheck();
  await press("提交");
  expect(await screen.findByText(/网络连接失败/)).toBeVisible();
  expect(stored()).toContain('\\"quantity\\":3');
  // The page is loaded anew, and something is changed before the second try.
  cleanup();
  const router = open(`${SKU}&step=check`);
  await press("上一步");
  await press("上一步");
  fireEvent.change(await screen.findByLabelText("数量"), { target: { value: "4" } });
  await toCheck();
  await press("提交");
  await waitFor(() => expect(router.state.location.pathname).toBe(`/orders/${id}/pay`));
  const keys = created(calls).map(({ headers }) => headers.get("idempotency-key"));
  expect(keys).toHaveLength(2);
  expect(new Set(keys).size).toBe(1);
  // The first try may have made the order: what was changed since follows.
  expect(calls.find(({ method }) => method === "PUT")?.body).toMatchObject({ lines: [{ quantity: 4 }], version: 4 });
});

test("a plain no is no try: the next one has a key of its own", async () => {
  let tries = 0;
  const calls = backend({
    ...base,
    "POST /api/orders": () => {
      tries += 1;
      return tries === 1
        ? problem("invalid_fields", 422, {
            errors: [{ field: "lines.0.quantity", code: "out_of_range", message: "超出允许的范围" }],
          })
        : order("draft");
    },
  });
  open(SKU);
  await tickable(/李雷/);
  await toCheck();
  await press("保存");
  // Back where the field is, with the error at it.
  await waitFor(() => expect(beside("数量")).toMatch(/超出允许的范围/));
  fireEvent.change(screen.getByLabelText("数量"), { target: { value: "2" } });
  await press("保存");
  await waitFor(() => expect(created(calls)).toHaveLength(2));
  const keys = created(calls).map(({ headers }) => headers.get("idempotency-key"));
  expect(new Set(keys).size).toBe(2);
});

test("a submission that fails is tried again on the same draft", async () => {
  let tries = 0;
  const calls = backend({
    ...base,
    "POST /api/orders": order("draft"),
    [`PUT /api/orders/${id}`]: { ...order("draft"), version: 5 },
    [`POST /api/orders/${id}/submit`]: () => {
      tries += 1;
      return tries === 1 ? problem("unavailable", 503) : order("awaiting_payment");
    },
  });
  const router = open(SKU);
  await tickable(/李雷/);
  await toCheck();
  await press("提交");
  expect(await screen.findByRole("alert")).toHaveTextContent("REQ1");
  expect(router.state.location.search).toContain(`order=${id}`);
  await press("提交");
  await waitFor(() => expect(router.state.location.pathname).toBe(`/orders/${id}/pay`));
  expect(created(calls)).toHaveLength(1);
  expect(calls.find(({ method }) => method === "PUT")?.body).toMatchObject({
    version: order("draft").version,
    lines: [{ line: 1 }],
  });
});

test("a saved address that is refused is put right by typing", async () => {
  backend({
    ...base,
    "POST /api/orders": problem("invalid_fields", 422, {
      errors: [{ field: "delivery.address.detail", code: "too_long", message: "内容太长" }],
    }),
  });
  open(SKU);
  await tickable(/李雷/);
  await toCheck();
  await press("提交");
  await waitFor(() => expect(beside("详细地址")).toMatch(/内容太长/));
  expect(screen.getByLabelText("城市")).toHaveValue("南京市");
});

test("another address is typed, kept over a reload, and can be stored in the company's file", async () => {
  const { addresses } = file();
  const calls = backend({
    ...base,
    "POST /api/company/addresses": (call: Call) => ({
      ...file(),
      version: 8,
      addresses: [
        ...addresses,
        { id: "ad_new", address: (call.body as { address: object }).address, is_default: false },
      ],
    }),
  });
  open(SKU);
  await tick("使用其他地址");
  for (const [label, text] of [
    ["省份", "江苏省"],
    ["城市", "无锡市"],
    ["区县", "梁溪区"],
    ["详细地址", "人民路 1 号"],
  ] as const) {
    fireEvent.change(await screen.findByLabelText(label), { target: { value: text } });
  }
  cleanup();
  open(SKU);
  expect(await screen.findByLabelText("详细地址")).toHaveValue("人民路 1 号");
  await press("保存到收货地址");
  expect(await tickable(/无锡市 梁溪区 人民路 1 号/)).toBeChecked();
  expect(calls.find(({ path }) => path === "/api/company/addresses")?.body).toMatchObject({
    version: 7,
    address: { city: "无锡市", detail: "人民路 1 号" },
  });
});

// covers: R4, R5, R7
test("three lines of different kinds are one order", async () => {
  const calls = backend({ ...base, "POST /api/quotes": fixture.threePrices, "POST /api/orders": order("draft") });
  open(SKU);
  await screen.findByLabelText("数量");
  cleanup();
  // From the key's page, into the list that is there already.
  open(`/order/new?kind=renewal&key=${fixture.soon.serial}`);
  await part("密钥续期（1 年）");
  cleanup();
  open("/order/new?sku=replacement");
  const article = await part("密钥补办");
  fireEvent.click((await find("label", new RegExp(fixture.lost.serial), article)).querySelector("input") ?? article);
  // It was reported stolen, so that is why.
  await waitFor(async () => expect(await tickable("密钥被盗")).toBeChecked());
  expect(document.querySelectorAll("article")).toHaveLength(3);
  await waitFor(() => expect(screen.getByTestId("total")).toHaveTextContent("¥1,080.00"));
  await toCheck();
  await press("保存");
  await waitFor(() => expect(created(calls)).toHaveLength(1));
  expect((created(calls)[0]?.body as DraftRequest).lines).toEqual([
    expect.objectContaining({ sku: "key-seal-1y", quantity: 1, key_serial: null, reason: null }),
    expect.objectContaining({ sku: "renewal-1y", quantity: 1, key_serial: fixture.soon.serial, reason: null }),
    expect.objectContaining({ sku: "replacement", quantity: 1, key_serial: fixture.lost.serial, reason: "stolen" }),
  ]);
});

test("a line that was removed does not come back with a reload", async () => {
  backend(base);
  const router = open("/order/new?sku=replacement");
  await part("密钥补办");
  await press("移除 密钥补办");
  expect(await screen.findByText("购物清单是空的。")).toBeVisible();
  expect(router.state.location.search).toBe("");
});

// covers: R37
test("an upgrade beside something else is said before anything is sent, with both ways out", async () => {
  const calls = backend(base);
  open(SKU);
  await screen.findByLabelText("数量");
  cleanup();
  open("/order/new?sku=upgrade-1y");
  expect(await screen.findByText("密钥升级不可与其他商品一起购买")).toBeVisible();
  await press("移除“密钥升级”");
  await waitFor(() => expect(document.querySelectorAll("article")).toHaveLength(1));
  expect(await part("带签章电子密钥")).toBeVisible();
  expect(screen.queryByText("密钥升级不可与其他商品一起购买")).toBeNull();
  expect(created(calls)).toHaveLength(0);
});

// covers: R37
test("beside an upgrade nothing can be added", async () => {
  draftPage(fixture.draft([fixture.upgradeLine]), { "POST /api/quotes": fixture.quoteOf("0.00", fixture.lossPrice) });
  expect(await screen.findByText("密钥升级不可与其他商品一起购买")).toBeVisible();
  expect(all("button", "加入清单")).toHaveLength(0);
});

test("a key that cannot be renewed yet is shown with the day from which it can", async () => {
  backend(base);
  open("/order/new?kind=renewal");
  const article = await part("密钥续期（1 年）");
  await find("label", new RegExp(fixture.soon.serial), article);
  expect(all("label", new RegExp(fixture.early.serial), article)).toHaveLength(0);
  expect(article).toHaveTextContent(`${fixture.early.serial} (证书有效期至 2027/06/01)还不能办理，2027/03/03 起开放`);
  expect(article).toHaveTextContent("已挂失，只能办理补办");
  await press("下一步");
  expect(await screen.findByText("请选择密钥")).toBeVisible();
});

test("an upgrade without a fresh inspection says what to do", async () => {
  backend(base);
  open("/order/new?sku=upgrade-1y");
  const article = await part("密钥升级");
  expect(await within(article).findByText(/用密钥助手“检测年限”/)).toBeVisible();
  expect(article.querySelector("input[type=radio]")).toBeNull();
});

test("the credit is told with its whole reckoning, and the carried year as a line of its own", async () => {
  backend({
    ...base,
    "GET /api/keys": { keys: [fixture.inspected] },
    "POST /api/quotes": fixture.quoteOf("200.00", fixture.upgradePrice),
  });
  open(`/order/new?sku=upgrade-1y&key=${fixture.old.serial}`);
  const reckoning = await part("剩余年限折算");
  expect(reckoning).toHaveTextContent("剩余年限1 年 8 个月");
  expect(reckoning).toHaveTextContent("转接到新介质1 年，作为 1 个续期商品，不收费");
  expect(reckoning).toHaveTextContent("折算为优惠的部分8 个月");
  expect(reckoning).toHaveTextContent("8 个月 × ¥240.00 ÷ 12 个月 = ¥160.00");
  expect(reckoning).toHaveTextContent("付款时优惠¥160.00");
  expect(screen.getByText("续期 1 年（由原密钥转接）").closest("div")).toHaveTextContent("¥0.00 × 1");
  expect(screen.getByTestId("total")).toHaveTextContent("¥200.00");
  expect(all("label", "我接受超出部分作废")).toHaveLength(0);
});

test("a loss is told and has to be accepted", async () => {
  const calls = backend({
    ...base,
    "GET /api/keys": { keys: [fixture.inspected] },
    "POST /api/quotes": fixture.quoteOf("0.00", fixture.lossPrice),
    "POST /api/orders": order("draft"),
  });
  open(`/order/new?sku=upgrade-1y&key=${fixture.old.serial}`);
  const accept = await tickable("我接受超出部分作废");
  expect(screen.getByText(/超出的 ¥109\.68 将作废/)).toBeVisible();
  expect(accept).not.toBeChecked();
  await press("下一步");
  expect(await screen.findByText("请先确认接受超出部分作废")).toBeVisible();
  fireEvent.click(accept);
  await toCheck();
  await press("保存");
  await waitFor(() => expect(created(calls)).toHaveLength(1));
  expect(created(calls)[0]?.body).toMatchObject({ lines: [{ accept_loss: true, key_serial: fixture.old.serial }] });
});

// covers: R58, R59
test("there are never more seals than certificates: 2 and 1 are fine, 2 and 3 are not", async () => {
  const calls = backend({ ...base, "POST /api/quotes": fixture.counterPrices });
  openCounter("/counter/order/new?sku=counter-key-1y");
  fireEvent.change(await screen.findByLabelText("证书数量"), { target: { value: "2" } });
  const seals = screen.getByLabelText("签章数量");
  fireEvent.change(seals, { target: { value: "3" } });
  await waitFor(() => expect(beside("签章数量")).toMatch(/签章数量必须小于等于证书数量/));
  await press("下一步");
  expect(screen.getByLabelText("签章数量")).toBeVisible();
  fireEvent.change(seals, { target: { value: "1" } });
  await waitFor(() => expect(beside("签章数量")).not.toMatch(/签章数量必须小于等于证书数量/));
  await waitFor(() =>
    expect(calls.filter(({ path }) => path === "/api/quotes").pop()?.body).toMatchObject({
      storefront: "counter",
      lines: [{ quantity: 2, seals: 1 }],
    }),
  );
  // What could not be ordered was never asked for.
  expect(JSON.stringify(calls.map(({ body }) => body))).not.toContain('"seals":3');
});

// covers: R58
test("the server's word against the seals stands at the field", async () => {
  backend({
    ...base,
    "POST /api/orders": problem("invalid_fields", 422, {
      errors: [{ field: "lines.0.seals", code: "more_than_keys", message: "签章数量必须小于等于证书数量" }],
    }),
  });
  openCounter("/counter/order/new?sku=counter-key-1y");
  await screen.findByLabelText("签章数量");
  await press("保存");
  await waitFor(() => expect(beside("签章数量")).toMatch(/签章数量必须小于等于证书数量/));
});

// covers: R74
test("where only ordinary invoices are automatic a special one is asked for, and customer service has it", async () => {
  const calls = backend({
    ...base,
    "POST /api/quotes": fixture.counterPrices,
    "POST /api/orders": fixture.counterDraft(false),
  });
  openCounter("/counter/order/new?sku=counter-key-1y");
  await tickable(/李雷/);
  await press("下一步");
  await part("发票类型");
  expect(await tickable(new RegExp(ordinary.tax_number))).toBeChecked();
  await tick("我需要专用发票");
  expect(await tickable(new RegExp(special.title))).toBeChecked();
  expect(screen.getByText(/由客服与您确认后办理/)).toBeVisible();
  await press("保存");
  await waitFor(() => expect(created(calls)).toHaveLength(1));
  expect(created(calls)[0]?.body).toMatchObject({
    invoice: { kind: "electronic_ordinary", title: special.id, ask_special: true },
  });
});

// covers: R57, R60
test("the counter offers freight collect or a branch, and a saved draft leads to its papers", async () => {
  const made = fixture.counterDraft(false);
  const calls = backend({ ...base, "POST /api/quotes": fixture.counterPrices, "POST /api/orders": made });
  const router = openCounter("/counter/order/new?sku=counter-key-1y");
  expect(await tickable(/到付/)).toBeChecked();
  await tick(/网点自取/);
  await waitFor(() => expect(document.querySelector('[aria-label="收货地址"]')).toBeNull());
  await press("下一步");
  expect(await screen.findByText("请填写此项")).toBeVisible();
  await tick("南京玄武网点");
  await press("下一步");
  expect(await tickable(/电子普通发票/)).toBeChecked();
  await press("下一步");
  await press("保存并上传资料");
  await waitFor(() => expect(router.state.location.pathname).toBe(`/orders/${id}/lines/1/materials`));
  expect(created(calls)[0]?.body).toMatchObject({
    storefront: "counter",
    delivery: { kind: "branch_pickup", address: null, branch: fixture.BRANCH },
    invoice: { kind: "electronic_ordinary" },
  });
});

// covers: R65
test("a draft is opened, changed and saved; it says which papers are missing", async () => {
  const calls = draftPage(fixture.counterDraft(false), {
    "POST /api/quotes": fixture.counterPrices,
    [`PUT /api/orders/${id}`]: { ...fixture.counterDraft(false), version: 5 },
  });
  const quantity = await screen.findByLabelText("证书数量");
  expect(quantity).toHaveValue("2");
  fireEvent.change(quantity, { target: { value: "5" } });
  await press("保存");
  expect(await screen.findByText(/^已保存/)).toBeVisible();
  expect(calls.find(({ method }) => method === "PUT")?.body).toMatchObject({
    version: 4,
    lines: [{ line: 1, quantity: 5, seals: 1 }],
  });
  await press("下一步");
  await press("下一步");
  const papers = await part("审核资料");
  expect(papers).toHaveTextContent("还缺：基本资料、法人代表授权书、电子印章采集模板");
  expect(within(papers).getByText("上传资料")).toHaveAttribute("href", `/orders/${id}/lines/1/materials`);
  expect(all("button", "提交")).toHaveLength(0);
});

// covers: R66
test("a draft whose papers are complete is submitted", async () => {
  const calls = draftPage(
    fixture.counterDraft(true),
    {
      "POST /api/quotes": fixture.counterPrices,
      [`PUT /api/orders/${id}`]: { ...fixture.counterDraft(true), version: 5 },
      [`POST /api/orders/${id}/submit`]: order("submitted"),
    },
    "&step=check",
  );
  expect(await screen.findByText("资料已齐全")).toBeVisible();
  await press("提交");
  await waitFor(() => expect(calls.some(({ path }) => path === `/api/orders/${id}/submit`)).toBe(true));
});

// covers: R65
test("what is submitted cannot be changed", async () => {
  draftPage(order("awaiting_payment"));
  expect(await screen.findByText("该订单已提交，不能再修改。")).toBeVisible();
  expect(all("button", "保存")).toHaveLength(0);
});

test("a product that is gone is said, and the list stays as it is", async () => {
  backend({ ...base, "GET /api/catalog/mall": catalog });
  open("/order/new?sku=gone");
  expect(await screen.findByText("该商品已下架或不存在，请重新选择。")).toBeVisible();
});
