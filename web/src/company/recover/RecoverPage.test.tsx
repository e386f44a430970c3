import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { backend, problem, show } from "../../testing/backend";
import { confirmed, handedIn, recovery, recoveryPapers } from "../../testing/fixtures-staff";
import { RecoverPage } from "./RecoverPage";

const open = () => show(RecoverPage, "/recover", "/recover");

/** By its text: to look by role and name takes seconds on a page with many fields. */
const press = (name: string) => fireEvent.click(screen.getByText(name, { selector: "button *" }));

function type(label: string, text: string) {
  fireEvent.change(screen.getByLabelText(label), { target: { value: text } });
}

async function fill() {
  await screen.findByLabelText("企业名称");
  type("企业名称", "南京示例建设工程有限公司");
  type("统一社会信用代码", "91440300708461136t");
  type("联系人姓名", "韩梅梅");
  type("新手机号", "13900139000");
  type("新邮箱", "han@example.com");
}

/** A bucket that takes everything. */
function bucket() {
  class Upload {
    status = 200;
    upload = { addEventListener: () => undefined };
    #load: () => void = () => undefined;
    open = () => undefined;
    setRequestHeader = () => undefined;
    addEventListener = (name: string, then: () => void) => {
      if (name === "load") {
        this.#load = then;
      }
    };
    send = () => setTimeout(() => this.#load());
  }
  vi.stubGlobal("XMLHttpRequest", Upload);
}

test("the identity papers need an agreement of their own", async () => {
  const calls = backend({ "POST /api/recoveries": recovery() });
  open();
  await fill();
  press("提交并获取验证码");
  expect(await screen.findByText("请勾选同意后继续")).toBeVisible();
  expect(calls.some(({ path }) => path === "/api/recoveries")).toBe(false);
  fireEvent.click(screen.getByRole("checkbox"));
  press("提交并获取验证码");
  expect(await screen.findByLabelText("短信验证码")).toBeVisible();
  expect(screen.getByLabelText("邮箱验证码")).toBeVisible();
  expect(calls.find(({ path }) => path === "/api/recoveries")?.body).toEqual({
    storefront: "mall",
    company_name: "南京示例建设工程有限公司",
    credit_code: "91440300708461136T",
    contact: { name: "韩梅梅", mobile: "13900139000", mail: "han@example.com" },
    consent: "2026-11",
    human: expect.stringMatching(/./) as string,
  });
});

test("what was typed is there again after a reload, the agreement is not", async () => {
  backend({});
  open();
  await fill();
  fireEvent.click(screen.getByRole("checkbox"));
  cleanup();
  open();
  expect(await screen.findByLabelText("新邮箱")).toHaveValue("han@example.com");
  expect(screen.getByRole("checkbox")).not.toBeChecked();
});

test("both codes confirm the new contact; which of them is wrong nobody is told", async () => {
  let tries = 0;
  const calls = backend({
    "GET /api/recovery": recovery(),
    "POST /api/recovery/confirm": () => {
      tries += 1;
      return tries === 1 ? problem("code_wrong", 422, { title: "验证码不正确或已失效" }) : confirmed;
    },
  });
  open();
  await screen.findByLabelText("短信验证码");
  type("短信验证码", "111111");
  press("确认联系方式");
  expect(await screen.findByText("请填写此项")).toBeVisible();
  type("邮箱验证码", "222222");
  press("确认联系方式");
  await waitFor(() => expect(screen.getByLabelText("短信验证码")).toHaveAccessibleDescription(/不正确或已失效/));
  expect(screen.getByLabelText("邮箱验证码")).toHaveAccessibleDescription(/不正确或已失效/);
  press("确认联系方式");
  expect(await screen.findByRole("heading", { name: "法定代表人身份证" })).toBeVisible();
  expect(calls.find(({ path }) => path === "/api/recovery/confirm")?.body).toEqual({
    mobile_code: "111111",
    mail_code: "222222",
  });
});

test("codes that no longer work are sent anew, after another human check", async () => {
  const calls = backend({
    "GET /api/recovery": recovery({ mobile_code: null, mail_code: null }),
    "POST /api/recovery/codes": recovery(),
  });
  open();
  fireEvent.click(await screen.findByRole("button", { name: "重新发送两个验证码" }));
  expect(await screen.findByLabelText("短信验证码")).toBeVisible();
  expect(calls.find(({ path }) => path === "/api/recovery/codes")?.body).toMatchObject({
    human: expect.stringMatching(/./) as string,
  });
});

test("all three papers are needed; then the application is handed in", async () => {
  bucket();
  let count = 0;
  const calls = backend({
    "GET /api/recovery": { ...confirmed, papers: recoveryPapers },
    "POST /api/recovery/papers": () => {
      count += 1;
      return {
        paper: `pa_new${String(count)}`,
        url: "https://bucket.example/x",
        headers: {},
        expires_at: "2999-01-01T00:00:00Z",
      };
    },
    "POST /api/recovery/submit": handedIn("submitted"),
  });
  open();
  // What this browser uploaded before is still there.
  expect(await screen.findByText("营业执照.jpg")).toBeVisible();
  press("提交审核");
  expect(await screen.findByText("请上传此项资料")).toBeVisible();
  const content = new TextEncoder().encode("%PDF-1.7");
  const file = new File([content], "授权书.pdf", { type: "application/pdf" });
  // jsdom's own buffers are of another world than Node's SHA-256.
  file.arrayBuffer = () => Promise.resolve(content.buffer);
  fireEvent.change(screen.getByLabelText("选择文件: 盖章授权书", { selector: "input" }), { target: { files: [file] } });
  await waitFor(() => expect(screen.getAllByText(/已上传/)).toHaveLength(3));
  press("提交审核");
  expect((await screen.findAllByText("审核中")).length).toBeGreaterThan(0);
  expect(calls.find(({ path }) => path === "/api/recovery/papers")?.body).toMatchObject({
    kind: "authorisation_letter",
    file_name: "授权书.pdf",
    format: "application/pdf",
    length: 8,
  });
  expect(calls.find(({ path }) => path === "/api/recovery/submit")?.body).toEqual({
    papers: [...recoveryPapers.map(({ id }) => id), "pa_new1"],
  });
});

// covers: R30
test("the page says where the application stands, and why it was refused", async () => {
  for (const [view, words] of [
    [handedIn("submitted"), /两位审核人员分别核实/],
    [handedIn("waiting", { object_until: "2026-11-22T01:40:00Z" }), /异议期至 2026\/11\/22 09:40/],
    [handedIn("done"), /联系方式已更换，证书已解绑/],
    [handedIn("refused", { refused_because: "授权书没有加盖公章。" }), /授权书没有加盖公章/],
    [handedIn("objected"), /申请已终止/],
  ] as const) {
    cleanup();
    backend({ "GET /api/recovery": view });
    open();
    expect(await screen.findByText(words), view.state).toBeVisible();
  }
});

test("after a refusal one applies again", async () => {
  backend({ "GET /api/recovery": handedIn("refused") });
  open();
  fireEvent.click(await screen.findByRole("button", { name: "重新申请" }));
  expect(await screen.findByLabelText("新手机号")).toBeVisible();
});
