import { expect, it } from 'vitest';
import type { CaseRow } from '../api/types';
import { EVERYTHING, isFiltering, isPressing, passes, type Filter } from './filter';

const row = (more: Partial<CaseRow> = {}): CaseRow =>
  ({ tier: 'orange', site: 'brest', owner: null, patient: { name: 'LE GALL^Hélène', id: 'B-12', birth_date: '', sex: '' }, ...more }) as CaseRow;
const shows = (filter: Partial<Filter>, one = row(), mine = false): boolean => passes(one, { ...EVERYTHING, ...filter }, () => mine);

it('shows everything until something is chosen', () => {
  expect(isFiltering(EVERYTHING)).toBe(false);
  expect(shows({})).toBe(true);
});

it('finds a patient by parts of name and number, without accents', () => {
  expect(shows({ words: 'helene gal' })).toBe(true);
  expect(shows({ words: 'b-12' })).toBe(true);
  expect(shows({ words: 'helene morvan' })).toBe(false);
});

it('narrows by tier, hospital and holder together', () => {
  expect(shows({ tiers: ['red'] })).toBe(false);
  expect(shows({ tiers: ['red', 'orange'], site: 'brest', held: 'nobody' })).toBe(true);
  expect(shows({ site: 'carhaix' })).toBe(false);
  expect(shows({ held: 'nobody' }, row({ owner: 'Dr X' }))).toBe(false);
  expect([shows({ held: 'me' }, row({ owner: 'Dr X' }), true), shows({ held: 'me' })]).toEqual([true, false]);
});

it('tells of a hidden case that nobody holds and that is red or being called for', () => {
  const called = { people: ['Dr X'], since: null, next_at: null, alarm_at: null, phone: '' };
  expect([row({ tier: 'red' }), row({ called }), row({ tier: 'red', owner: 'Dr X' }), row()].map(isPressing)).toEqual([true, true, false, false]);
});
