import { expect, it } from 'vitest';
import { firstWindow, namedRange, nameOf, rangeFromValues, rangeOf, widthAndLevel } from './windows';

it('opens a plain head CT in the brain window, vessels in theirs, and anything else in its own', () => {
  expect(firstWindow('ncct')).toBe('brain');
  expect(firstWindow('cta')).toBe('vessels');
  expect(firstWindow('dwi')).toBe('auto');
  expect(firstWindow('other')).toBe('auto');
});

it('knows its windows both ways', () => {
  expect(namedRange('brain')).toEqual({ lower: 0, upper: 80 });
  expect(nameOf(rangeOf(215, 75))).toBe('subdural');
  expect(nameOf({ lower: 3, upper: 90 })).toBeUndefined();
  expect(widthAndLevel(rangeOf(2800, 600))).toEqual({ width: 2800, level: 600 });
});

it('takes a range that a few bright pixels do not stretch', () => {
  const values = Array.from({ length: 10_000 }, (_, i) => (i < 20 ? 30_000 : i % 100));
  expect(rangeFromValues(values)).toEqual({ lower: 1, upper: 99 });
  expect(rangeFromValues([5, 5, 5])).toEqual({ lower: 5, upper: 6 });
});
