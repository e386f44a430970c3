import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import type { Call } from "../../testing/backend";
import { backend, problem, show } from "../../testing/backend";
import * as fixture from "../../testing/fixtures-ordering";
import { press } from "../../testing/hands";
import { KeysPage } from "./KeysPage";

const open = () => show(KeysPage, "/keys", "/keys");
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
