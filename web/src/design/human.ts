/** Solves a human check (ALTCHA, protocol 1) in workers of the package `altcha`: find the number that makes the hash. */
import workerUrl from "altcha/worker?url";

import type { ChallengeView } from "../api/schema";

/** More hardly help, and phones get hot. */
const MOST_WORKERS = 4;

/** This browser cannot do it at all: too old, or the page came over an insecure line. */
export class HumanCheckUnsupported extends Error {
  constructor() {
    super("no web crypto or no workers");
    this.name = "HumanCheckUnsupported";
  }
}

/** Where web crypto is missing a worker would be silent for ever. */
function isSupported(): boolean {
  return typeof Worker === "function" && typeof (globalThis.crypto as Crypto | undefined)?.subtle === "object";
}

/** What the API wants to see: the solved challenge as base64 JSON. */
export async function solve(challenge: ChallengeView, signal: AbortSignal): Promise<string> {
  if (!isSupported()) {
    throw new HumanCheckUnsupported();
  }
  const { algorithm, challenge: hash, maxnumber, salt, signature } = challenge;
  const number = await find({ algorithm, challenge: hash, salt }, maxnumber, signal);
  return btoa(JSON.stringify({ algorithm, challenge: hash, number, salt, signature }));
}

/** Shares the numbers out among workers; the first that finds it ends the work of all. */
function find(
  payload: { algorithm: string; challenge: string; salt: string },
  maxnumber: number,
  signal: AbortSignal,
): Promise<number> {
  const count = Math.min(MOST_WORKERS, Math.max(1, navigator.hardwareConcurrency || 1));
  const share = Math.ceil((maxnumber + 1) / count);
  const workers = Array.from({ length: count }, () => new Worker(workerUrl));
  const end = () => {
    for (const worker of workers) {
      worker.terminate();
    }
  };
  return new Promise<number>((resolve, reject) => {
    let searching = count;
    signal.addEventListener("abort", () => reject(new DOMException("no longer needed", "AbortError")), { once: true });
    for (const [place, worker] of workers.entries()) {
      worker.onerror = () => reject(new HumanCheckUnsupported());
      worker.onmessage = ({ data }: MessageEvent<{ number: number } | null>) => {
        searching -= 1;
        if (data) {
          resolve(data.number);
        } else if (searching === 0) {
          reject(new Error("a human check without a solution"));
        }
      };
      worker.postMessage({
        type: "work",
        payload,
        start: place * share,
        max: Math.min(maxnumber, (place + 1) * share - 1),
      });
    }
  }).finally(end);
}
