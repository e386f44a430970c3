import { expect, test } from "vitest";

import { sha256, sniff, UnfitFile, upload } from "./upload";

test("a file is what its first bytes say", () => {
  expect(sniff(new Uint8Array([0xff, 0xd8, 0xff, 0xe0]))).toBe("image/jpeg");
  expect(sniff(new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))).toBe("image/png");
  expect(sniff(new TextEncoder().encode("%PDF-1.7"))).toBe("application/pdf");
  expect(sniff(new TextEncoder().encode("GIF89a"))).toBeUndefined();
  expect(sniff(new Uint8Array())).toBeUndefined();
});

test("the hash is SHA-256 in hex", async () => {
  expect(await sha256(new TextEncoder().encode("abc").buffer)).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

test("a file that cannot be taken is refused before anything is sent", async () => {
  const send = (content: string) => upload("1", 1, "seal_sheet", new File([content], "scan.jpg"), () => undefined);
  await expect(send("")).rejects.toEqual(new UnfitFile("empty"));
  await expect(send("GIF89a not a photo")).rejects.toEqual(new UnfitFile("badFormat"));
});
