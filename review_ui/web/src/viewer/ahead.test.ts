import { expect, it } from 'vitest';
import type { CaseRow } from '../api/types';
import { nextCase } from './ahead';

const row = (id: string, owner: string | null = null): CaseRow => ({ id, owner }) as CaseRow;

it('is the next in the worklist that nobody has taken, and then the first', () => {
  const rows = [row('a'), row('b', 'Dr B'), row('c')];
  expect(nextCase(rows, 'a')).toBe('c');
  expect(nextCase(rows, 'c')).toBe('a');
  expect(nextCase(rows, 'gone')).toBe('a');
  expect(nextCase([row('a')], 'a')).toBeUndefined();
});
