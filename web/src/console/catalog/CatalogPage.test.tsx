import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { backend, problem, show } from "../../testing/backend";
import * as fixture from "../../testing/fixtures-orders-desk";
import { press, type } from "../../testing/hands";
import { CatalogPage } from "./CatalogPage";

const SKU = fixture.sold.sku;
const CHANGE = "修改: 带签章电子密钥";

function open(replies: Record<string, object> = {}) {
  const calls = backend({
    "GET /api/console/policies": fixture.policies,
    "GET /api/console/catalog/mall": fixture.catalog,
    ...replies,
  });
  const router = show(CatalogPage, "/console/catalog", "/console/catalog?storefront=mall");
  return { router, puts: () => calls.filter(({ method }) => method === "PUT"), calls };
}

/** Fills fields by their names: a form of this size takes seconds by its labels. */
function fill(fields: Record<string, string>) {
  for (const [name, value] of Object.entries(fields)) {
    fireEvent.change(document.getElementById(`product_${name}`) ?? document.body, { target: { value } });
  }
}

test("what is on sale, what is planned and what was stand apart", async () => {
  open();
  const card = await screen.findByRole("article", { name: "带签章电子密钥" });
  expect(card).toHaveTextContent("在售");
  expect(card).toHaveTextContent("¥380.00");
  const plan = within(card).getByText("计划中的变更").parentElement;
  expect(plan).toHaveTextContent("2027/01/01 00:00 起");
  expect(plan).toHaveTextContent("每个密钥的价格: ¥380.00 → ¥400.00");
  const past = within(card).getByText("变更记录（2）").parentElement;
  expect(past).toHaveTextContent("每个密钥的价格: ¥360.00 → ¥380.00");
  expect(past).toHaveTextContent("2026/07/01 00:00 起 生效中");
  expect(past).toHaveTextContent("最初");
  expect(screen.getByRole("article", { name: "旧款密钥" })).toHaveTextContent("已下架");
  expect(screen.getByRole("article", { name: "密钥解锁" })).toHaveTextContent("尚未开售");
});

test("an edit is seen as old and new, takes effect from the time that was chosen, in China, and only then is sent", async () => {
  const { puts } = open({ [`PUT /api/console/catalog/mall/${SKU}`]: fixture.catalog });
  await press(CHANGE);
  await type("每个密钥的价格", "395.50");
  fireEvent.click(screen.getByLabelText("从指定时间起生效"));
  await type("生效时间（北京时间）", "2126-12-01T08:00");
  await press("核对变更");
  const dialog = await screen.findByRole("dialog");
  // On that day the planned change counts already: that is what is replaced.
  expect(within(dialog).getByRole("row", { name: /每个密钥的价格/ })).toHaveTextContent("¥400.00¥395.50");
  expect(dialog).toHaveTextContent("自 2126/12/01 08:00（北京时间）起生效");
  expect(dialog).toHaveTextContent("已提交的订单保留提交时的商品和价格");
  expect(puts()).toEqual([]);
  await press("确认保存");
  expect(await screen.findByText("“带签章电子密钥”的变更已保存。")).toBeVisible();
  expect(puts().map(({ body }) => body)).toEqual([
    {
      kind: "new_key",
      name: { zh: "带签章电子密钥", en: "Key with e-seal" },
      description: fixture.product().description,
      medium: "bjca",
      seal: true,
      seal_price: null,
      term_years: 1,
      price: "395.50",
      surcharges: { half_day: "200.00", same_day: "100.00" },
      position: 1,
      effective_from: "2126-12-01T00:00:00Z",
      withdrawn: false,
    },
  ]);
});

test("at once is the moment of saving, and a planned change behind it is told", async () => {
  const { puts } = open({ [`PUT /api/console/catalog/mall/${SKU}`]: fixture.catalog });
  await press(CHANGE);
  await press("核对变更");
  expect(await screen.findByText("与届时生效的内容完全相同，没有需要保存的变更。")).toBeInTheDocument();
  await press("返回修改");
  await type("每个密钥的价格", "390");
  await press("核对变更");
  const dialog = await screen.findByRole("dialog");
  await waitFor(() => expect(dialog).toHaveTextContent("¥380.00¥390.00"));
  const before = Date.now();
  await press("确认保存");
  await waitFor(() => expect(puts()).toHaveLength(1));
  const from = Date.parse((puts()[0]?.body as { effective_from: string }).effective_from);
  expect(from).toBeGreaterThanOrEqual(Math.floor(before / 1000) * 1000);
  expect(from).toBeLessThanOrEqual(Date.now());
});

test("wrong entries are told at their fields, by page and API, and nothing typed is lost", async () => {
  let tries = 0;
  const { puts } = open({
    [`PUT /api/console/catalog/mall/${SKU}`]: () => {
      tries += 1;
      return tries === 1
        ? problem("invalid_fields", 422, {
            errors: [
              { field: "term_years", code: "out_of_range", message: "超出允许的范围" },
              { field: "surcharges.half_day", code: "invalid", message: "格式不正确" },
            ],
          })
        : fixture.catalog;
    },
  });
  await press(CHANGE);
  await screen.findByLabelText("中文名称");
  fill({ name_zh: " ", price: "39,5", term: "9" });
  fireEvent.click(screen.getByLabelText("从指定时间起生效"));
  await type("生效时间（北京时间）", "2020-01-01T00:00");
  await press("核对变更");
  await waitFor(() => expect(screen.getByLabelText("中文名称")).toHaveAccessibleDescription(/请填写此项/));
  expect(screen.getByLabelText("每个密钥的价格")).toHaveAccessibleDescription(/最多两位小数/);
  expect(screen.getByLabelText("生效时间（北京时间）")).toHaveAccessibleDescription(/请选择将来的时间/);
  fill({ name_zh: "带签章的密钥", price: "395", at: "2126-12-01T00:00" });
  await press("核对变更");
  await press("确认保存");
  await waitFor(() => expect(screen.getByLabelText("证书年限")).toHaveAccessibleDescription(/超出允许的范围/));
  expect(screen.getByLabelText("加急 6 小时附加费")).toHaveAccessibleDescription(/格式不正确/);
  expect(screen.getByLabelText("中文名称")).toHaveValue("带签章的密钥");
  expect(screen.getByLabelText("每个密钥的价格")).toHaveValue("395");
  await type("证书年限", "2");
  await press("核对变更");
  await press("确认保存");
  await waitFor(() => expect(puts()).toHaveLength(2));
});

test("a lost connection leaves the comparison open to try again", async () => {
  let tries = 0;
  const { puts } = open({
    [`PUT /api/console/catalog/mall/${SKU}`]: () => ((tries += 1) === 1 ? new Error("offline") : fixture.catalog),
  });
  await press(CHANGE);
  await type("每个密钥的价格", "390");
  await press("核对变更");
  await press("确认保存");
  expect(await screen.findByText(/网络连接失败/)).toBeInTheDocument();
  expect(screen.getByRole("dialog")).toHaveTextContent("¥380.00¥390.00");
  await press("确认保存");
  await waitFor(() => expect(puts()).toHaveLength(2));
});

test("a new product needs an id of its own, and seals that the buyer chooses have a price", async () => {
  const { puts } = open({ "PUT /api/console/catalog/mall/key-2y": fixture.catalog });
  await press("新增商品");
  await screen.findByLabelText("商品编号");
  fill({
    sku: "key-1y",
    name_zh: "电子密钥（2年）",
    name_en: "Key, 2 years",
    description_zh: "两年。",
    description_en: "Two years.",
    price: "520",
    term: "2",
    position: "3",
  });
  fireEvent.click(screen.getByText(/由购买者选择签章数量/, { selector: ".ant-radio-label" }));
  await screen.findByLabelText("每个签章的价格");
  await press("核对变更");
  await waitFor(() => expect(screen.getByLabelText("商品编号")).toHaveAccessibleDescription(/该商品编号已存在/));
  expect(screen.getByLabelText("每个签章的价格")).toHaveAccessibleDescription(/请填写此项/);
  fill({ sku: "key-2y", sealPrice: "80" });
  await press("核对变更");
  await press("确认保存");
  await waitFor(() => expect(puts()).toHaveLength(1));
  expect(puts()[0]?.body).toMatchObject({
    kind: "new_key",
    seal: true,
    seal_price: "80",
    surcharges: {},
    term_years: 2,
    position: 3,
  });
});

test("a withdrawal names its day and keeps all else as it is on that day", async () => {
  const { puts } = open({ [`PUT /api/console/catalog/mall/${SKU}`]: fixture.catalog });
  await press("下架: 带签章电子密钥");
  const dialog = await screen.findByRole("dialog");
  expect(dialog).toHaveTextContent("已提交的订单照常办理");
  expect(dialog).toHaveTextContent("2027/01/01 00:00 还有一次计划中的变更");
  fireEvent.click(within(dialog).getByLabelText("从指定时间起生效"));
  fireEvent.change(within(dialog).getByLabelText("生效时间（北京时间）"), { target: { value: "2126-12-01T00:00" } });
  await press("确认下架");
  expect(await screen.findByText("“带签章电子密钥”的下架已保存。")).toBeVisible();
  expect(puts()[0]?.body).toMatchObject({
    withdrawn: true,
    effective_from: "2126-11-30T16:00:00Z",
    price: "400.00",
    surcharges: { half_day: "220.00", same_day: "120.00" },
  });
});

test("the storefront stands in the address", async () => {
  const { router, calls } = open({ "GET /api/console/catalog/counter": { ...fixture.catalog, storefront: "counter" } });
  await screen.findByRole("article", { name: "带签章电子密钥" });
  fireEvent.click(screen.getByRole("radio", { name: "订单服务" }));
  await waitFor(() => expect(calls.map(({ path }) => path)).toContain("/api/console/catalog/counter"));
  expect(router.state.location.search).toBe("?storefront=counter");
});
