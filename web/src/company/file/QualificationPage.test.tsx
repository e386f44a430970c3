import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { backend, problem, show } from "../../testing/backend";
import { file } from "../../testing/fixtures-file";
import { press } from "../../testing/hands";
import { QualificationPage } from "./QualificationPage";

const GET = "GET /api/company";
const SUBMIT = "POST /api/company/qualification";
const PDF = new TextEncoder().encode("%PDF-1.7");

function open() {
  show(QualificationPage, "/company/qualification", "/company/qualification");
}

/** A bucket that takes everything. Returns the addresses that were put to. */
function bucket(): string[] {
  const puts: string[] = [];
  vi.stubGlobal(
    "XMLHttpRequest",
    class extends EventTarget {
      upload = new EventTarget();
      status = 200;
      timeout = 0;
      open = (_: string, url: string) => puts.push(url);
      setRequestHeader = () => undefined;
      send = () => setTimeout(() => this.dispatchEvent(new Event("load")));
    },
  );
  return puts;
}

const announced = {
  paper: "pa_new",
  url: "https://bucket.example/put",
  headers: { "content-type": "application/pdf" },
  expires_at: "2026-11-21T02:00:00Z",
};

async function choose() {
  const input = await screen.findByLabelText("选择文件: 营业执照", { selector: "input" });
  const scan = new File([PDF], "licence.pdf");
  // jsdom's own buffers are of another world than Node's SHA-256.
  scan.arrayBuffer = () => Promise.resolve(PDF.buffer);
  fireEvent.change(input, { target: { files: [scan] } });
  await screen.findByText(/已上传/);
}

const submit = () => press("提交审核");

// covers: R2, R3
test("the licence is uploaded and handed in beside name, code and legal representative", async () => {
  const puts = bucket();
  const calls = backend({
    [GET]: file("open"),
    "POST /api/company/papers": announced,
    [SUBMIT]: file("submitted", { version: 8 }),
  });
  open();
  const data = await screen.findByRole("region", { name: "核对信息" });
  for (const text of [file().basics.name, file().basics.credit_code, "王建国"]) {
    expect(within(data).getByText(text)).toBeVisible();
  }
  expect(within(data).getByRole("link", { name: "修改基本信息" })).toHaveAttribute("href", "/company");
  await submit();
  expect(await screen.findByText("请上传此项资料")).toBeVisible();
  await choose();
  await submit();
  expect(await screen.findByText(/正在等待审核/)).toBeVisible();
  expect(calls.find(({ path }) => path === "/api/company/papers")?.body).toMatchObject({
    kind: "business_licence",
    file_name: "licence.pdf",
    format: "application/pdf",
    length: PDF.length,
  });
  expect(puts).toEqual([announced.url]);
  expect(calls.find(({ path }) => path === "/api/company/qualification")?.body).toEqual({
    version: 7,
    papers: ["pa_new"],
  });
});

// covers: R3
test("each item that was sent back stands with its reason and note", async () => {
  backend({ [GET]: file("changes_requested") });
  open();
  expect(await screen.findByText(/与填写的信息不一致.*执照上没有“建设”二字/)).toBeVisible();
  const slot = screen.getByRole("region", { name: "营业执照" });
  expect(slot).toHaveTextContent(/图像不清晰，无法辨认/);
  expect(slot).toHaveTextContent(/请重新拍摄/);
});

test("a licence that was not sent back is handed in again as it is", async () => {
  const sentBack = file("changes_requested");
  const [first] = sentBack.qualification.refusals;
  const calls = backend({
    [GET]: { ...sentBack, qualification: { ...sentBack.qualification, refusals: first ? [first] : [] } },
    [SUBMIT]: file("submitted"),
  });
  open();
  await submit();
  await waitFor(() => expect(calls.some(({ method }) => method === "POST")).toBe(true));
  expect(calls.find(({ method }) => method === "POST")?.body).toMatchObject({
    papers: [sentBack.qualification.papers[0]?.id],
  });
});

test("when the data changed meanwhile nothing is handed in, the new data are shown and the file is kept", async () => {
  bucket();
  let now = file("open");
  const calls = backend({
    [GET]: () => now,
    "POST /api/company/papers": announced,
    [SUBMIT]: ({ body }) =>
      (body as { version: number }).version === 7 ? problem("changed_meanwhile", 409) : file("submitted"),
  });
  open();
  await choose();
  now = file("open", { version: 8, basics: { ...file().basics, legal_representative: "陈平" } });
  await submit();
  expect(await screen.findByText("陈平")).toBeVisible();
  expect(screen.getByRole("alert")).toHaveTextContent("资料未提交");
  expect(screen.getByText(/licence\.pdf/)).toBeVisible();
  await submit();
  expect(await screen.findByText(/正在等待审核/)).toBeVisible();
  expect(calls.filter(({ method }) => method === "POST").at(-1)?.body).toEqual({ version: 8, papers: ["pa_new"] });
});

test("without a legal representative the way to the basic data is shown", async () => {
  backend({ [GET]: file("open", { basics: { ...file().basics, legal_representative: "" } }) });
  open();
  expect(await screen.findByText("请先在基本信息中填写法定代表人。")).toBeVisible();
  expect(screen.getByRole("button", { name: "提交审核" })).toBeDisabled();
});

// covers: R2
test("an approved company is told that it may buy", async () => {
  backend({ [GET]: file("approved") });
  open();
  expect(await screen.findByText(/已审核通过，可以在商城购买/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "提交审核" })).toBeNull();
});
