import type { ReviewSeals, ReviewStamp, SealChoice, StampSize } from "../../api/schema";

/** What the reviewer has changed so far; all else is as it was measured and found. */
export interface StampEdits {
  /** Sizes by the picture's SHA-256. */
  sizes: Partial<Record<string, StampSize>>;
  /** Pictures by key. */
  picks: Partial<Record<number, string>>;
}

export const NO_EDITS: StampEdits = { sizes: {}, picks: {} };

/** The numbers of the keys with an e-seal: the first ones. */
export function sealKeys({ wanted }: ReviewSeals): number[] {
  return Array.from({ length: wanted }, (_, index) => index + 1);
}

/** The size of a stamp as it stands. */
export function sizeOf(stamp: ReviewStamp, { sizes }: StampEdits): StampSize {
  return sizes[stamp.sha256] ?? stamp.size;
}

/**
 * The stamp of a key: the chosen one, or at first the one in the same place on the sheet. A company with one stamp has
 * it on every key, so where the sheet has fewer, the first one stands for those that lack one.
 */
export function pickOf(seals: ReviewSeals, unit: number, { picks }: StampEdits): ReviewStamp | undefined {
  const chosen = picks[unit];
  return chosen === undefined
    ? (seals.stamps[unit - 1] ?? seals.stamps[0])
    : seals.stamps.find(({ sha256 }) => sha256 === chosen);
}

/** One stamp for each key, or nothing while a key has none; where no stamp was cut it stays so. */
export function choicesOf(seals: ReviewSeals | null | undefined, edits: StampEdits): SealChoice[] | undefined {
  if (!seals) {
    return [];
  }
  const keys = sealKeys(seals);
  const choices = keys.flatMap((unit): SealChoice[] => {
    const stamp = pickOf(seals, unit, edits);
    return stamp ? [{ unit, sha256: stamp.sha256, size: sizeOf(stamp, edits) }] : [];
  });
  return choices.length === keys.length ? choices : undefined;
}

/** Tenths of a millimetre as millimetres with one decimal. */
export function millimetres(tenths: number): string {
  return (tenths / 10).toFixed(1);
}
