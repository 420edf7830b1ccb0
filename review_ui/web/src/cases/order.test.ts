import { expect, it } from 'vitest';
import type { CaseRow, Tier } from '../api/types';
import { inReadingOrder, isMoreUrgent, TIERS, withRow } from './order';

const row = (id: string, tier: Tier, first_image_at: string): CaseRow => ({ id, tier, first_image_at }) as CaseRow;

it('puts the most urgent tier first, then who has waited longest', () => {
  const rows = [
    row('a', 'yellow', '2026-11-21T01:00:00Z'),
    row('b', 'red', '2026-11-21T03:00:00Z'),
    row('c', 'red', '2026-11-21T02:59:59.900Z'),
    row('d', 'grey', '2026-11-20T00:00:00Z'),
    row('e', 'orange', '2026-11-21T03:30:00Z'),
  ];
  expect(inReadingOrder(rows).map((r) => r.id)).toEqual(['c', 'b', 'e', 'a', 'd']);
});

it('goes by the deadline in a tier before it goes by arrival', () => {
  const late = { ...row('late', 'red', '2026-11-21T03:00:00Z'), deadline_at: '2026-11-21T03:05:00Z' };
  const early = { ...row('early', 'red', '2026-11-21T02:58:00Z'), deadline_at: '2026-11-21T03:08:00Z' };
  expect(inReadingOrder([early, late]).map((r) => r.id)).toEqual(['late', 'early']);
});

it('knows a raised priority', () => {
  expect(isMoreUrgent('red', 'yellow')).toBe(true);
  expect(isMoreUrgent('yellow', 'yellow')).toBe(false);
});

it('puts the test of a phantom behind everybody', () => {
  const phantom = { ...row('phantom', 'red', '2026-11-21T01:00:00Z'), test: true };
  expect(inReadingOrder([phantom, row('grey', 'grey', '2026-11-21T02:00:00Z')]).map((r) => r.id)).toEqual(['grey', 'phantom']);
});

it('puts one row where sorting all of them would', () => {
  let rows: CaseRow[] = [];
  for (let n = 0; n < 300; n++) {
    const tier = TIERS[(n * 7) % 4]!;
    const one = row(`case ${(n * 37) % 120}`, tier, new Date(1.7e12 + ((n * 7919) % 500) * 1000).toISOString());
    rows = withRow(rows, one);
    expect(rows).toEqual(inReadingOrder(rows));
  }
  expect(rows.length).toBe(120);
});
