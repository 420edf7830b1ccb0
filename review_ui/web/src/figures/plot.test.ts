import { describe, expect, it } from 'vitest';
import { roundUp, shareOf, summed } from './plot';

describe('an axis', () => {
  it('ends at a round number no smaller than what it shows', () => {
    expect([0, 0.3, 1, 1.1, 7, 20, 21, 480, 501].map(roundUp)).toEqual([1, 0.5, 1, 2, 10, 20, 50, 500, 1000]);
  });
});

describe('counts of several months', () => {
  it('are summed by name, the largest first', () => {
    expect(summed([{ red: 1, grey: 2 }, { red: 4 }, {}])).toEqual([
      ['red', 5],
      ['grey', 2],
    ]);
  });

  it('give a share, and none where nothing was counted', () => {
    expect(shareOf({ true_positive: 3, false_negative: 1 }, 'true_positive', 'false_negative')).toBe(0.75);
    expect(shareOf({}, 'true_positive', 'false_negative')).toBeNull();
  });
});
