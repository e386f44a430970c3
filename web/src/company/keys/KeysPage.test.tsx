import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";

import type { KeyView } from "../../api/schema";
import type { Call } from "../../testing/backend";
import { backend, problem, show } from "../../testing/backend";
import * as fixture from "../../testing/fixtures-ordering";
import * as service from "../../testing/fixtures-service";
import { press } from "../../testing/hands";
import { KeysPage } from "./KeysPage";

const open = () => show(KeysPage, "/keys", "/keys");
afterEach(() => {
  vi.useRealTimers();
});

const lossPath = `/api/keys/${fixture.soon.serial}/loss`;

test("each key tells its end, and each service the way into an order or why not and from when", async () => {
  backend({ "GET /api/keys": fixture.keys });
  const router = open();
  const early = await screen.findByRole("region", { name: `密钥 ${fixture.early.serial}` });
  expect(early).toHaveTextContent("证书有效期至2027/06/01");
  expect(early).toHaveTextContent("密钥续期还不能办理，2027/03/03 起开放");
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

test("a loss is reported after it was said that it takes effect at once, and what comes next", async () => {
  const calls = backend({
    "GET /api/keys": fixture.keys,
    [`POST ${lossPath}`]: (call: Call) => ({
      ...fixture.soon,
      state: "suspended",
      suspended: { reason: (call.body as { reason: string }).reason, at: "2026-11-21T01:40:00Z" },
    }),
  });
  open();
  await press(`挂失密钥 ${fixture.soon.serial}`);
  const dialog = await screen.findByRole("dialog");
  expect(dialog).toHaveTextContent("挂失立即生效，不收费，也不需要先下单");
  expect(dialog).toHaveTextContent("下一步：办理补办");
  expect(calls.some(({ path }) => path === lossPath)).toBe(false);
  await userEvent.click(within(dialog).getByRole("radio", { name: "密钥被盗" }));
  await press("立即挂失");
  const told = await screen.findByText(`密钥 ${fixture.soon.serial} 已挂失，证书和签章已停用。`);
  expect(calls.find(({ path }) => path === lossPath)?.body).toEqual({ reason: "stolen" });
  const card = screen.getByRole("region", { name: `密钥 ${fixture.soon.serial}` });
  expect(card).toContainElement(told);
  expect(card).toHaveTextContent("已挂失");
  expect(within(card).getByRole("link", { name: "去补办" })).toHaveAttribute(
    "href",
    `/order/new?kind=replacement&key=${fixture.soon.serial}`,
  );
});

test("a report that fails says so in the dialog, and the key stays as it is", async () => {
  backend({ "GET /api/keys": fixture.keys, [`POST ${lossPath}`]: problem("unavailable", 503) });
  open();
  await press(`挂失密钥 ${fixture.soon.serial}`);
  await press("立即挂失");
  expect(await within(await screen.findByRole("dialog")).findByRole("alert")).toHaveTextContent("REQ1");
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
  const card = await screen.findByRole("region", { name: `密钥 ${fixture.lost.serial}` });
  expect(await within(card).findByText(/已恢复使用/)).toBeVisible();
  expect(card).not.toHaveTextContent("已挂失");
  expect(within(card).queryByRole("button", { name: /^已找回/ })).toBeNull();
  expect(within(card).getByRole("button", { name: /^挂失/ })).toBeInTheDocument();
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
    const card = screen.getByRole("region", { name: `密钥 ${serial}` });
    const tag = within(card).queryByText(/^(剩余 |今天到期|已到期)/, { selector: "strong + span" });
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
  const card = await screen.findByRole("region", { name: `密钥 ${service.SERIAL}` });
  expect(await within(card).findByText("续期已付款，等待用密钥办理")).toBeVisible();
  expect(within(card).queryByRole("button", { name: /去续期/ })).toBeNull();
  expect(within(card).getByRole("button", { name: `去解锁 ${service.SERIAL}` })).toBeInTheDocument();
  const other = screen.getByRole("region", { name: `密钥 ${fixture.soon.serial}` });
  expect(other).not.toHaveTextContent("已付款");
  expect(calls.filter(({ path }) => path.startsWith("/api/orders/"))).toHaveLength(1);
  await press(`去办理，密钥 ${service.SERIAL}`);
  await waitFor(() => expect(router.state.location.pathname).toBe(`/orders/${service.renewalOrder.id}`));
});

test("a key that nobody can unlock says so, and offers its replacement", async () => {
  backend({ "GET /api/keys": { keys: [service.noEscrow], to_activate: [] } });
  open();
  const card = await screen.findByRole("region", { name: `密钥 ${service.SERIAL}` });
  expect(card).toHaveTextContent("密钥解锁该密钥不能在线解锁，请办理补办");
  expect(within(card).queryByRole("button", { name: /去解锁/ })).toBeNull();
  expect(within(card).getByRole("button", { name: /去补办/ })).toBeInTheDocument();
});
