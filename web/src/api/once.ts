/** A request that makes something names itself, so that a second try of it makes nothing twice. */

/** A new name for such a request: one for each thing that is to be made, kept until it is there. */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The header that carries it. */
export function once(key: string): { "idempotency-key": string } {
  return { "idempotency-key": key };
}
