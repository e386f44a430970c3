/** One file on its way into the papers bucket: read, hashed, announced, put. */
import { announcePaper } from "../../api/company";
import { ConnectionError } from "../../api/errors";
import type { PaperFormat, PaperKind, PaperUploadRequest, PaperUploadView } from "../../api/schema";

export const MAX_BYTES = 20 * 1024 * 1024;

/** Why a file is not even sent. */
export type Unfit = "empty" | "tooLarge" | "badFormat";

/** The format that the first bytes show; a name proves nothing. */
export function sniff(head: Uint8Array): PaperFormat | undefined {
  const starts = (...bytes: number[]) => bytes.every((byte, place) => head[place] === byte);
  if (starts(0xff, 0xd8, 0xff)) {
    return "image/jpeg";
  }
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) {
    return "image/png";
  }
  return starts(0x25, 0x50, 0x44, 0x46, 0x2d) ? "application/pdf" : undefined;
}

export class UnfitFile extends Error {
  constructor(readonly reason: Unfit) {
    super(reason);
    this.name = "UnfitFile";
  }
}

export async function sha256(content: ArrayBuffer): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", content);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Headers that a browser sets by itself and lets no page set. */
const BROWSERS_OWN = new Set(["host", "content-length"]);

function put(to: PaperUploadView, file: File, progress: (percent: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", to.url);
    for (const [name, value] of Object.entries(to.headers)) {
      if (!BROWSERS_OWN.has(name.toLowerCase())) {
        request.setRequestHeader(name, value);
      }
    }
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(Math.floor((100 * loaded) / total)));
    request.addEventListener("load", () => {
      // 412: it is there already. Its hash is signed into the address, so it is the very same file.
      if ((request.status >= 200 && request.status < 300) || request.status === 412) {
        resolve();
      } else {
        reject(new ConnectionError(`the bucket answered ${String(request.status)}`));
      }
    });
    request.addEventListener("error", () => reject(new ConnectionError()));
    request.addEventListener("timeout", () => reject(new ConnectionError()));
    request.timeout = 10 * 60_000;
    request.send(file);
  });
}

/** What the API has to know of a file before it takes it. */
export type Announced = Omit<PaperUploadRequest, "kind">;

/** Sends a file and returns the id under which it is handed in. Throws {@link UnfitFile} before anything is sent. */
export async function sendFile(
  file: File,
  announce: (file: Announced) => Promise<PaperUploadView>,
  progress: (percent: number) => void,
): Promise<string> {
  if (file.size === 0) {
    throw new UnfitFile("empty");
  }
  if (file.size > MAX_BYTES) {
    throw new UnfitFile("tooLarge");
  }
  const content = await file.arrayBuffer();
  const format = sniff(new Uint8Array(content, 0, Math.min(8, content.byteLength)));
  if (!format) {
    throw new UnfitFile("badFormat");
  }
  const to = await announce({ file_name: file.name, format, length: file.size, sha256: await sha256(content) });
  await put(to, file, progress);
  return to.paper;
}

/** {@link sendFile} for a paper of an order's line. */
export function upload(
  order: string,
  line: number,
  kind: PaperKind,
  file: File,
  progress: (percent: number) => void,
): Promise<string> {
  return sendFile(file, (announced) => announcePaper(order, line, { kind, ...announced }), progress);
}
