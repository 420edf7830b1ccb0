/** The reading order of the worklist: tier, then deadline, then the longest wait; tests last; the server's rule. */
import type { CaseRow, Tier } from '../api/types';

export const TIERS: readonly Tier[] = ['red', 'orange', 'yellow', 'grey'];

export function inReadingOrder(rows: Iterable<CaseRow>): CaseRow[] {
  return [...rows].sort(compared);
}

/** The rows in order with one that is new, or in the place of an older version of it. */
export function withRow(rows: readonly CaseRow[], row: CaseRow): CaseRow[] {
  const others = rows.filter(({ id }) => id !== row.id);
  const at = others.findIndex((other) => compared(row, other) < 0);
  return at < 0 ? [...others, row] : [...others.slice(0, at), row, ...others.slice(at)];
}

function compared(a: CaseRow, b: CaseRow): number {
  return (
    Number(a.test ?? false) - Number(b.test ?? false) ||
    TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier) ||
    Date.parse(a.deadline_at ?? a.first_image_at) - Date.parse(b.deadline_at ?? b.first_image_at) ||
    Date.parse(a.first_image_at) - Date.parse(b.first_image_at) ||
    (a.id < b.id ? -1 : 1)
  );
}

export function isMoreUrgent(tier: Tier, than: Tier): boolean {
  return TIERS.indexOf(tier) < TIERS.indexOf(than);
}
