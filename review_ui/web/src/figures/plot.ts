/** What a small plot needs: which months, how high an axis, where a value stands. */

/** A round number at least as large as a value: 1, 2 or 5 times a power of ten. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((times) => times * power).find((limit) => limit >= value - 1e-9)!;
}

/** The values of a set of counts, by name, over several months: the sum of each name, the largest first. */
export function summed(months: readonly Record<string, number>[]): [string, number][] {
  const found = new Map<string, number>();
  for (const counts of months) for (const [name, n] of Object.entries(counts)) found.set(name, (found.get(name) ?? 0) + n);
  return [...found].sort(([one, n], [other, m]) => m - n || one.localeCompare(other));
}

export interface Share {
  right: number;
  of: number;
}

/** A share over several months, from its counts; none where nothing was counted. */
export function shareOf(counts: Readonly<Record<string, number>>, right: string, wrong: string): number | null {
  const of = (counts[right] ?? 0) + (counts[wrong] ?? 0);
  return of ? (counts[right] ?? 0) / of : null;
}
