/** What was typed, on top of what somebody else saved meanwhile. */

/** A part of the file as its form has it. */
export type Values = Readonly<Record<string, string | boolean>>;

/** From where somebody began, and what they typed since. */
export interface Begun<F> {
  version: number;
  base: F;
  typed: F;
}

/** A field that somebody else changed. */
export interface Theirs {
  field: string;
  from: string | boolean;
  to: string | boolean;
  /** What was typed here and stays; none where theirs is taken. */
  mine?: string | boolean;
}

export function same(one: Values, other: Values): boolean {
  return Object.entries(one).every(([name, value]) => other[name] === value);
}

/**
 * A field that was not touched here takes their value: saving must not undo what they did. One that was touched keeps
 * what was typed.
 */
export function rebase<F extends Values>(
  { base, typed }: Begun<F>,
  now: { version: number; values: F },
): { next: Begun<F>; theirs: Theirs[] } {
  const theirs: Theirs[] = [];
  const entries = Object.entries(now.values).map(([field, to]) => {
    const from = base[field] ?? to;
    const mine = typed[field] ?? to;
    if (from === to) {
      return [field, mine] as const;
    }
    if (mine === from || mine === to) {
      theirs.push({ field, from, to });
      return [field, to] as const;
    }
    theirs.push({ field, from, to, mine });
    return [field, mine] as const;
  });
  return {
    next: { version: now.version, base: now.values, typed: Object.fromEntries(entries) as F },
    theirs,
  };
}
