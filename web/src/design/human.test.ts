import { createHash, webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { runInNewContext } from "node:vm";

import { expect, test, vi } from "vitest";

import { HumanCheckUnsupported, solve } from "./human";

const code = readFileSync(createRequire(import.meta.url).resolve("altcha/worker"), "utf8");

/** The package's own worker, run in this process. */
class RealWorker {
  static running = 0;
  onmessage: ((event: { data: unknown }) => void) | undefined;
  private readonly inside: Record<string, unknown> & { onmessage?: (event: { data: unknown }) => Promise<void> };

  constructor() {
    RealWorker.running += 1;
    const self = { postMessage: (data: unknown) => this.onmessage?.({ data }) };
    this.inside = { self, crypto: webcrypto, TextEncoder, TextDecoder, AbortController, atob, Date };
    runInNewContext(code, this.inside);
  }

  postMessage(data: unknown) {
    void this.inside.onmessage?.({ data });
  }

  terminate() {
    RealWorker.running -= 1;
  }
}

function challenge(number: number, maxnumber: number) {
  const salt = "5a1f0c3e9b7d2846?expires=1795312200";
  const hash = createHash("sha256").update(`${salt}${number}`).digest("hex");
  return { algorithm: "SHA-256", challenge: hash, maxnumber, salt, signature: "ours" };
}

test("the package's worker solves challenges of protocol 1, whoever's share the number is in", async () => {
  vi.stubGlobal("Worker", RealWorker);
  for (const number of [0, 1, 7, 250, 500, 999, 1000]) {
    const asked = challenge(number, 1000);
    const payload: unknown = JSON.parse(atob(await solve(asked, new AbortController().signal)));
    const { algorithm, challenge: hash, salt, signature } = asked;
    expect(payload).toEqual({ algorithm, challenge: hash, salt, signature, number });
    expect(RealWorker.running).toBe(0);
  }
});

test("a challenge without a solution is an error and no wait for ever", async () => {
  vi.stubGlobal("Worker", RealWorker);
  await expect(solve(challenge(2000, 100), new AbortController().signal)).rejects.toThrow(/without a solution/);
  expect(RealWorker.running).toBe(0);
});

test("nobody waits for what is no longer needed", async () => {
  vi.stubGlobal("Worker", RealWorker);
  const end = new AbortController();
  const never = solve(challenge(99_999, 100_000), end.signal);
  end.abort();
  await expect(never).rejects.toThrow("no longer needed");
  expect(RealWorker.running).toBe(0);
});

test("a browser that cannot do it says so", async () => {
  vi.stubGlobal("Worker", undefined);
  await expect(solve(challenge(1, 10), new AbortController().signal)).rejects.toThrow(HumanCheckUnsupported);
});
