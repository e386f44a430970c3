import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";

import type { KeyView } from "../../api/schema";
import type { Call } from "../../testing/backend";
import { backend, problem, show } from "../../testing/backend";
import { session } from "../../testing/fixtures";
import * as fixture from "../../testing/fixtures-ordering";
import * as service from "../../testing/fixtures-service";
import { press } from "../../testing/hands";
import { KeysPage } from "./KeysPage";

const open = () => show(KeysPage, "/keys", "/keys");
afterEach(() => {
  vi.useRealTimers();
});

const shop = { "GET /api/catalog/mall": fixture.mall };
const card = (serial: string) => screen.findByRole("region", { name: `密钥 ${serial}` });
const services = async (serial: string) =>
  within(await card(serial))
    .getAllByRole("listitem")
    .map(({ textContent }) => textContent);

const lossPath = `/api/keys/${fixture.soon.serial}/loss`;

test("each key tells its end, and each service the way into an order or why not and from when", async () => {
  backend({ "GET /api/keys": fixture.keys, ...shop });
  const router = open();
  const early = await screen.findByRole("region", { name: `密钥 ${fixture.early.serial}` });
  expect(early).toHaveTextContent("证书有效期至2027/06/01");
  expect(early).toHaveTextContent(/密钥续期¥240\.00 \/ 1 年、¥460\.00 \/ 2 年还不能办理，2027\/03\/03 起开放/);
  expect(within(early).queryByRole("button", { name: /去续期/ })).toBeNull();
  const old = screen.getByRole("region", { name: `密钥 ${fixture.old.serial}` });
  expect(old).toHaveTextContent(/升级密钥.*用密钥助手“检测年限”/);
  const lost = screen.getByRole("region", { name: `密钥 ${fixture.lost.serial}` });
  expect(lost).toHaveTextContent("密钥被盗，已于 2026/11/20 11:00 挂失，证书和签章已停用。");
  expect(within(lost).queryByRole("button", { name: /^挂失/ })).toBeNull();
  await press(`去续期 ${fixture.soon.serial}`);
  await waitFor(() => expect(router.state.location.pathname).toBe("/order/new"));
  expect(router.state.location.search).toBe(`?kind=renewal&key=${fixture.soon.serial}`);
});

test("each service tells its price before anything is ordered", async () => {
  const calls = backend({ "GET /api/keys": fixture.keys, ...shop });
  open();
  await card(fixture.soon.serial);
  await screen.findAllByText("¥80.00");
  expect(await services(fixture.soon.serial)).toEqual([
    expect.stringMatching(
      /^密钥续期¥240\.00 \/ 1 年、¥460\.00 \/ 2 年插入密钥自行办理.*2028\/01\/10 前可以办理去续期$/,
    ),
    expect.stringMatching(/^密钥解锁¥80\.00PIN 锁定或忘记时.*去解锁$/),
    expect.stringMatching(/^密钥补办¥120\.00加急另计丢失、被盗或损坏时.*到期时间与原证书相同.*去补办$/),
    "升级密钥只有蓝色 CPP 介质需要升级",
  ]);
  // Its time left was not read yet; the price is known all the same.
  expect((await services(fixture.old.serial)).at(-1)).toMatch(
    /^升级密钥¥360\.00再减剩余年限折算金额；加急另计.*检测年限/,
  );
  expect((await services(fixture.lost.serial)).slice(1)).toEqual([
    "密钥续期、密钥解锁、升级密钥挂失期间不能办理。找回密钥并撤销挂失后可以办理。",
  ]);
  // Four keys of one storefront: the keys, its catalogue, and what waits.
  expect(calls.map(({ method, path, search }) => `${method} ${path}${search}`).sort()).toEqual([
    "GET /api/catalog/mall",
    "GET /api/keys",
    "GET /api/orders?kind=renewal",
    "GET /api/orders?kind=replacement",
    "GET /api/orders?kind=unlock",
  ]);
});

test("an upgrade whose time left was read has the price that the server reckons", async () => {
  const calls = backend({
    "GET /api/keys": { keys: [fixture.inspected], to_activate: [] },
    ...shop,
    "POST /api/quotes": fixture.quoteOf("200.00", fixture.upgradePrice),
  });
  open();
  await card(fixture.old.serial);
  await screen.findByText("¥200.00");
  expect(await services(fixture.old.serial)).toContainEqual(
    expect.stringMatching(/^升级密钥¥200\.00已从 ¥360\.00 中减去剩余年限折算；加急另计/),
  );
  expect(calls.filter(({ method }) => method === "POST").map(({ body }) => body)).toEqual([
    {
      storefront: "mall",
      urgency: "none",
      lines: [{ sku: "upgrade-1y", quantity: 1, key_serial: fixture.old.serial, accept_loss: true }],
    },
  ]);
});

test("without a catalogue there is no price, and the way into the order stays", async () => {
  backend({ "GET /api/keys": { keys: [fixture.soon], to_activate: [] } });
  open();
  expect(await screen.findAllByText(/价格暂时无法显示/)).toHaveLength(3);
  expect(screen.getByRole("button", { name: `去解锁 ${fixture.soon.serial}` })).toBeInTheDocument();
});

test("what is not on sale is said here, and not only by the order", async () => {
  backend({
    "GET /api/keys": { keys: [fixture.soon], to_activate: [] },
    "GET /api/catalog/mall": {
      ...fixture.mall,
      products: fixture.mall.products.filter(({ kind }) => kind !== "unlock"),
    },
  });
  open();
  expect(await screen.findByText("目前没有上架，不能办理。")).toBeVisible();
  expect(screen.queryByRole("button", { name: /去解锁/ })).toBeNull();
});

test("what cannot be done for good says what can be done instead", async () => {
  const ended = fixture.key("BJ1", {
    state: "expired",
    services: fixture.soon.services.map((one) =>
      one.kind === "unlock" || one.kind === "replacement" ? { ...one, refused: "expired" } : one,
    ),
  });
  const over = fixture.key("BJ2", {
    state: "expired",
    services: ended.services.map((one) =>
      one.kind === "renewal" ? { ...one, refused: "too_late", closes_at: "2026-01-01T00:00:00Z" } : one,
    ),
  });
  const revoked = fixture.key("BJ3", {
    state: "revoked",
    services: over.services.map((one) => ({ ...one, refused: "revoked" as const })),
  });
  backend({ "GET /api/keys": { keys: [ended, over, revoked], to_activate: [] }, ...shop });
  open();
  await card("BJ1");
  await screen.findAllByText(/¥240\.00/);
  const [, unlock, replacement] = await services("BJ1");
  expect(unlock).toMatch(/^密钥解锁证书已到期，不能办理.*去办理新密钥$/);
  expect(replacement).toMatch(/^密钥补办证书已到期，不能办理可以先续期。 去续期$/);
  expect(within(await card("BJ1")).getByRole("link", { name: "去续期" })).toHaveAttribute(
    "href",
    "/order/new?kind=renewal&key=BJ1",
  );
  expect((await services("BJ2"))[0]).toMatch(/^密钥续期已超过办理期限（2026\/01\/01），请办理新密钥.*去办理新密钥$/);
  const third = await card("BJ3");
  expect(within(third).queryAllByRole("listitem")).toHaveLength(0);
  expect(third).toHaveTextContent("证书已吊销，这个密钥不能再办理任何服务。");
  expect(within(third).getByRole("link", { name: "去办理新密钥" })).toHaveAttribute("href", "/");
});

test("a loss is reported after it was said that it takes effect at once, and what comes next", async () => {
  const calls = backend({
    "GET /api/keys": fixture.keys,
    ...shop,
    [`POST ${lossPath}`]: (call: Call) => ({
      ...fixture.soon,
      state: "suspended",
      suspended: { reason: (call.body as { reason: string }).reason, at: "2026-11-21T01:40:00Z" },
    }),
  });
  const router = open();
  await press(`挂失密钥 ${fixture.soon.serial}`);
  const dialog = await screen.findByRole("dialog");
  expect(dialog).toHaveTextContent("挂失立即生效，不收费，也不需要先下单");
  expect(dialog).toHaveTextContent("证书和签章马上停用");
  expect(dialog).toHaveTextContent("不能再用它登录");
  expect(dialog).toHaveTextContent("下一步：办理补办（¥120.00）。新证书的到期时间与原证书相同：2027/01/10。");
  expect(calls.some(({ path }) => path === lossPath)).toBe(false);
  await userEvent.click(within(dialog).getByRole("radio", { name: "密钥被盗" }));
  await press("立即挂失");
  const told = await screen.findByText(`密钥 ${fixture.soon.serial} 已挂失，证书和签章已停用。`);
  expect(calls.find(({ path }) => path === lossPath)?.body).toEqual({ reason: "stolen" });
  const key = await card(fixture.soon.serial);
  expect(key).toContainElement(told);
  expect(key).toHaveTextContent("已挂失");
  expect(key).toHaveTextContent("请在本次登录中办理补办");
  expect(within(key).getByRole("link", { name: "账号安全" })).toHaveAttribute("href", "/security");
  expect(within(key).queryByRole("button", { name: /^挂失/ })).toBeNull();
  await press(`去补办，密钥 ${fixture.soon.serial}`);
  await waitFor(() => expect(router.state.location.pathname).toBe("/order/new"));
  expect(router.state.location.search).toBe(`?kind=replacement&key=${fixture.soon.serial}`);
});

test("a key that was reported and then replaced is over: below the others, and not to be found again", async () => {
  const over = { ...fixture.lost, state: "revoked" as const, services: [] };
  backend({ "GET /api/keys": { keys: [over, fixture.soon], to_activate: [] }, ...shop });
  open();
  const card = await screen.findByRole("region", { name: `密钥 ${over.serial}` });
  expect(card).toHaveTextContent("密钥被盗，已于 2026/11/20 11:00 挂失");
  expect(within(card).queryByRole("button")).toBeNull();
  const titles = screen.getAllByRole("heading", { level: 2 }).map(({ textContent }) => textContent);
  expect(titles).toEqual([`密钥 ${fixture.soon.serial}`, `密钥 ${over.serial}`, "在别处办理的密钥"]);
});

test("who logged in by key buys for a key as with a password", async () => {
  backend({ "GET /api/keys": { keys: [fixture.soon, fixture.lost], to_activate: [] }, ...shop });
  show(KeysPage, "/keys", "/keys", { ...session, level: "key" });
  expect(within(await card(fixture.soon.serial)).getByRole("button", { name: /^去续期/ })).toBeInTheDocument();
  const lost = await card(fixture.lost.serial);
  expect(within(lost).getByRole("button", { name: /^去补办，/ })).toBeInTheDocument();
  expect(lost).not.toHaveTextContent("请先办理证书解绑");
});

test("who may not buy now is told what comes before the replacement", async () => {
  backend({ "GET /api/keys": { keys: [fixture.lost], to_activate: [] } });
  show(KeysPage, "/keys", "/keys", { ...session, level: "limited" });
  const key = await card(fixture.lost.serial);
  expect(key).toHaveTextContent("请先办理证书解绑，再办理补办");
  expect(within(key).getByRole("link", { name: "办理证书解绑" })).toHaveAttribute("href", "/unbind");
  expect(within(key).queryByRole("button", { name: /补办/ })).toBeNull();
  expect(within(key).getByRole("button", { name: /^已找回/ })).toBeInTheDocument();
});

test("a key that ended is reported without promising its replacement", async () => {
  const ended = fixture.key("BJ1", {
    state: "expired",
    services: fixture.soon.services.map((one) => (one.kind === "replacement" ? { ...one, refused: "expired" } : one)),
  });
  backend({ "GET /api/keys": { keys: [ended], to_activate: [] }, ...shop });
  open();
  await press("挂失密钥 BJ1");
  const dialog = await screen.findByRole("dialog");
  expect(dialog).toHaveTextContent("该密钥不能补办。需要继续使用时，请办理新密钥。");
  expect(dialog).not.toHaveTextContent("下一步");
});

test("a report that fails says so in the dialog, and the key stays as it is", async () => {
  const calls = backend({ "GET /api/keys": fixture.keys, [`POST ${lossPath}`]: problem("unavailable", 503) });
  open();
  await press(`挂失密钥 ${fixture.soon.serial}`);
  await press("立即挂失");
  expect(await within(await screen.findByRole("dialog")).findByRole("alert")).toHaveTextContent("REQ1");
  expect(calls.filter(({ path }) => path === "/api/keys").length).toBeGreaterThan(1);
});

// covers: R34
test("a key that was found is taken back after it was said what that does", async () => {
  const path = `/api/keys/${fixture.lost.serial}/found`;
  const calls = backend({ "GET /api/keys": fixture.keys, [`POST ${path}`]: fixture.key(fixture.lost.serial) });
  open();
  await press(`已找回密钥 ${fixture.lost.serial}`);
  const dialog = await screen.findByRole("dialog");
  expect(dialog).toHaveTextContent("请确认密钥已经回到本单位手中");
  expect(dialog).toHaveTextContent("撤销立即生效：证书和签章恢复使用");
  expect(dialog).toHaveTextContent("补办订单不会自动取消");
  expect(calls.some((call) => call.path === path)).toBe(false);
  await press("密钥在手中，撤销挂失");
  const key = await card(fixture.lost.serial);
  expect(await within(key).findByText(/已恢复使用/)).toBeVisible();
  expect(key).not.toHaveTextContent("已挂失");
  expect(within(key).queryByRole("button", { name: /^已找回/ })).toBeNull();
  expect(within(key).getByRole("button", { name: /^挂失/ })).toBeInTheDocument();
  await press("现在修改 PIN");
  await waitFor(() =>
    expect(calls.find((call) => call.path === "/api/operations")?.body).toEqual({
      verb: "change_pin",
      key_serial: fixture.lost.serial,
    }),
  );
});

test("a report that cannot be taken back says so in the dialog; only a reported key has the button", async () => {
  backend({
    "GET /api/keys": fixture.keys,
    [`POST /api/keys/${fixture.lost.serial}/found`]: problem("not_in_this_state", 409),
  });
  open();
  await press(`已找回密钥 ${fixture.lost.serial}`);
  expect(screen.queryByRole("button", { name: `已找回密钥 ${fixture.soon.serial}` })).toBeNull();
  await press("密钥在手中，撤销挂失");
  expect(await within(await screen.findByRole("dialog")).findByRole("alert")).toHaveTextContent("REQ1");
});

test("the days left are told in words and in three colours", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-11-21T01:40:00Z") });
  const of = (serial: string, not_after: string, more: Partial<KeyView> = {}) =>
    fixture.key(serial, { not_after, ...more });
  backend({
    "GET /api/keys": {
      keys: [
        of("K1", "2027-08-01T15:59:59Z"),
        of("K2", "2027-01-10T15:59:59Z"),
        of("K3", "2026-12-20T15:59:59Z"),
        of("K4", "2026-11-21T15:59:59Z"),
        of("K5", "2026-10-01T15:59:59Z", { state: "expired" }),
        of("K6", "2027-08-01T15:59:59Z", { state: "revoked" }),
      ],
      to_activate: [],
    },
  });
  open();
  await screen.findByRole("region", { name: "密钥 K1" });
  const left = (serial: string) => {
    const tag = within(screen.getByRole("region", { name: `密钥 ${serial}` })).queryByText(/^(剩余 |今天到期|已到期)/, {
      selector: "strong + span",
    });
    return tag && [tag.textContent, /(done|yours|attention)/.exec(tag.className)?.[0]];
  };
  expect(["K1", "K2", "K3", "K4", "K5", "K6"].map(left)).toEqual([
    ["剩余 253 天", "done"],
    ["剩余 50 天", "yours"],
    ["剩余 29 天", "attention"],
    ["今天到期", "attention"],
    ["已到期", "attention"],
    null,
  ]);
});

test("a key that a paid order waits for leads to it, and is not bought for again", async () => {
  const calls = backend({
    "GET /api/keys": { keys: [service.ownKey, fixture.soon], to_activate: [] },
    "GET /api/orders": ({ search }: Call) => ({
      orders: search.includes("kind=renewal") ? [service.waitingRow] : [],
      cursor: null,
    }),
    [`GET /api/orders/${service.renewalOrder.id}`]: service.renewalOrder,
  });
  const router = open();
  const key = await card(service.SERIAL);
  expect(await within(key).findByText("续期已付款，等待用密钥办理")).toBeVisible();
  expect(within(key).queryByRole("button", { name: /去续期/ })).toBeNull();
  expect(within(key).getByRole("button", { name: `去解锁 ${service.SERIAL}` })).toBeInTheDocument();
  expect(await card(fixture.soon.serial)).not.toHaveTextContent("已付款");
  expect(calls.filter(({ path }) => path.startsWith("/api/orders/"))).toHaveLength(1);
  await press(`去办理，密钥 ${service.SERIAL}`);
  await waitFor(() => expect(router.state.location.pathname).toBe(`/orders/${service.renewalOrder.id}`));
  expect(router.state.location.hash).toBe("#line-1");
});

test("what was paid for a reported key is paused, and a replacement on its way is not bought twice", async () => {
  const reported = { ...fixture.lost, serial: service.SERIAL };
  backend({
    "GET /api/keys": { keys: [reported], to_activate: [] },
    ...shop,
    "GET /api/orders": ({ search }: Call) => ({
      orders: search.includes("renewal")
        ? [service.waitingRow]
        : search.includes("replacement")
          ? [service.replacingRow]
          : [],
      cursor: null,
    }),
    [`GET /api/orders/${service.renewalOrder.id}`]: service.renewalOrder,
    [`GET /api/orders/${service.replacingOrder.id}`]: service.replacingOrder,
  });
  const router = open();
  const key = await card(service.SERIAL);
  expect(await within(key).findByText("续期已付款，挂失期间不能办理")).toBeVisible();
  expect(key).toHaveTextContent("请联系客服改为补办或终止办理");
  expect(within(key).getByText("补办订单：待审核")).toBeVisible();
  expect(within(key).queryByRole("button", { name: /去补办/ })).toBeNull();
  expect(within(key).queryByRole("button", { name: /去办理/ })).toBeNull();
  expect(await services(service.SERIAL)).toContainEqual("密钥补办已下单");
  await press(`查看订单，密钥 ${service.SERIAL}`);
  await waitFor(() => expect(router.state.location.pathname).toBe(`/orders/${service.renewalOrder.id}`));
});

test("of many orders that wait only some are read, and the others are told of", async () => {
  const rows = Array.from({ length: 8 }, (_, no) => ({ ...service.waitingRow, id: `2026112109351900${String(no)}` }));
  const calls = backend({
    "GET /api/keys": { keys: [fixture.soon], to_activate: [] },
    "GET /api/orders": { orders: rows, cursor: null },
  });
  open();
  expect(await screen.findByText("还有其他等待办理的订单，没有列在密钥下。")).toBeVisible();
  expect(screen.getByRole("link", { name: "查看待办理的订单" })).toHaveAttribute(
    "href",
    "/orders?state=awaiting_agent",
  );
  await waitFor(() => expect(calls.filter(({ path }) => path.startsWith("/api/orders/"))).toHaveLength(6));
});

test("a key that nobody can unlock says so, and offers its replacement with its price", async () => {
  backend({ "GET /api/keys": { keys: [service.noEscrow], to_activate: [] }, ...shop });
  open();
  const key = await card(service.SERIAL);
  await within(key).findByText(/补办 ¥120\.00，新密钥的到期时间与原证书相同/);
  expect(key).toHaveTextContent(/密钥解锁不能在线解锁：密钥在别处制作，或管理口令已更改/);
  expect(within(key).queryByRole("button", { name: /去解锁/ })).toBeNull();
  expect(within(key).getByRole("link", { name: "改为补办" })).toHaveAttribute(
    "href",
    `/order/new?kind=replacement&key=${service.SERIAL}`,
  );
});

test("keys that end soon and can be renewed are named above all others", async () => {
  const far = fixture.key("BJ20270000009", { not_after: "2028-01-10T15:59:59Z" });
  backend({ "GET /api/keys": { keys: [fixture.soon, far, fixture.lost], to_activate: [] }, ...shop });
  show(KeysPage, "/keys", "/keys", session);
  await card(fixture.soon.serial);
  const told = await screen.findByText(/的证书即将到期，请尽快续期/);
  expect(told).toHaveTextContent(fixture.soon.serial);
  expect(told).not.toHaveTextContent(far.serial);
  expect(told).not.toHaveTextContent(fixture.lost.serial);
});

test("a key of another issuer says whose it is, what only that one does, and what is to be had here", async () => {
  backend({ "GET /api/keys": { keys: [fixture.joined], to_activate: [] }, ...shop });
  open();
  const shown = await card(fixture.joined.serial);
  expect(shown).toHaveTextContent("签发机构别家 CA");
  expect(shown).not.toHaveTextContent("电子签章");
  const listed = await services(fixture.joined.serial);
  expect(listed[0]).toMatch(/^升级密钥.*去升级$/);
  expect(listed.slice(1)).toEqual([
    expect.stringMatching(/^密钥续期.*由其他机构签发.*去办理新密钥/),
    expect.stringMatching(/^密钥解锁.*不能在线解锁.*去办理新密钥/),
    expect.stringMatching(/^密钥补办.*由其他机构签发.*去办理新密钥/),
  ]);
  await press(`挂失密钥 ${fixture.joined.serial}`);
  const dialog = await screen.findByRole("dialog");
  expect(dialog).toHaveTextContent("证书由“别家 CA”签发，本系统不能停用：请同时向该机构挂失。");
  expect(dialog).not.toHaveTextContent("任何人都不能再用它签名");
});

test("replaced by a new key here, it is not called revoked: only its issuer can do that", async () => {
  const services = fixture.joined.services.map((one) => ({ ...one, refused: "revoked" as const }));
  const over = { ...fixture.joined, state: "revoked" as const, services };
  backend({ "GET /api/keys": { keys: [over], to_activate: [] }, ...shop });
  open();
  const shown = await card(over.serial);
  expect(shown).toHaveTextContent("已停用");
  expect(shown).toHaveTextContent("证书由“别家 CA”签发，如需吊销请向该机构办理。");
  expect(shown).not.toHaveTextContent("已吊销");
});

test("whoever has a key from elsewhere has any key read, also where none is listed", async () => {
  const calls = backend({
    "GET /api/keys": { keys: [], to_activate: [] },
    "POST /api/operations": problem("unavailable", 503),
    ...shop,
  });
  open();
  await press("读取并加入");
  await waitFor(() =>
    expect(calls.find(({ method }) => method === "POST")?.body).toEqual({ verb: "inspect", key_serial: null }),
  );
});
