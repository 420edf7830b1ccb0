import { expect, it } from 'vitest';
import { type Lane, nextToLoad, type Pace } from './order';

const lane = (name: string, count: number, around: number, rank: number): Lane => {
  const imageIds = Array.from({ length: count }, (_, at) => `${name}${at}`);
  return { imageIds, around: () => around, rank: () => rank, left: { head: new Set(imageIds), whole: new Set(imageIds) } };
};

function order(lanes: Lane[], pace: Pace = 'fast'): string[] {
  const taken: string[] = [];
  for (let next = nextToLoad(lanes, pace); next; next = nextToLoad(lanes, pace)) {
    next.lane.left[next.part].delete(next.imageId);
    if (next.part === 'whole') next.lane.left.head.delete(next.imageId); // as there is nothing left of it
    taken.push(next.part === 'head' ? `${next.imageId} small` : next.imageId);
  }
  return taken;
}

it('loads every slice once, around the one on screen first', () => {
  expect(order([lane('a', 5, 2, 0)])).toEqual(['a2', 'a3', 'a1', 'a4', 'a0']);
});

it('loads what is near in other panes before what is far in the one being read', () => {
  const taken = order([lane('b', 20, 0, 1), lane('a', 20, 0, 0), lane('next', 2, 0, 2)]);
  expect(taken.slice(0, 9)).toEqual(Array.from({ length: 9 }, (_, at) => `a${at}`));
  expect(taken.slice(9, 18)).toEqual(Array.from({ length: 9 }, (_, at) => `b${at}`));
  expect(taken[18]).toBe('a9');
  expect(taken.slice(-2)).toEqual(['next0', 'next1']);
  expect(new Set(taken).size).toBe(42);
});

it('on a slow line shows the whole head small before it is sharp', () => {
  const taken = order([lane('a', 5, 2, 0), lane('b', 2, 0, 1)], 'slow');
  expect(taken).toEqual(['a2', 'a3 small', 'a1 small', 'a4 small', 'a0 small', 'b0', 'b1 small', 'a3', 'a1', 'a4', 'a0', 'b1']);
});

it('where bytes are dear loads nothing whole but what is on screen, or a volume that is cut', () => {
  expect(order([lane('a', 3, 1, 0), lane('b', 2, 0, 1), lane('next', 2, 0, 2)], 'thrifty')).toEqual(['a1', 'a2 small', 'a0 small', 'b0', 'b1 small']);
  expect(order([{ ...lane('cut', 3, 1, 1), needsAll: true }], 'thrifty')).toEqual(['cut1', 'cut2 small', 'cut0 small', 'cut2', 'cut0']);
});
