import { expect, it } from 'vitest';
import type { Slice } from '../dicom/slices';
import { Measuring } from './measuring.svelte';

const slice = { imageId: 'a' } as Slice;

it('draws by dragging, and a click alone draws nothing', () => {
  const measuring = new Measuring();
  measuring.begin('length', slice, [1, 1]);
  measuring.drag([5, 1]);
  measuring.drop();
  expect(measuring.on(slice).map(({ points }) => points)).toEqual([[[1, 1], [5, 1]]]); // prettier-ignore
  measuring.begin('length', slice, [9, 9]);
  measuring.drop();
  expect(measuring.all).toHaveLength(1);
});

it('takes an angle in two drags, its corner where the first ended', () => {
  const measuring = new Measuring();
  measuring.begin('angle', slice, [0, 0]);
  measuring.drag([4, 0]);
  measuring.drop();
  measuring.begin('angle', slice, [4, 2]);
  measuring.drag([4, 3]);
  measuring.drop();
  expect(measuring.all.map(({ points }) => points)).toEqual([[[0, 0], [4, 0], [4, 3]]]); // prettier-ignore
});

it('moves one point by its handle, and removes the selected or else the last of a slice', () => {
  const measuring = new Measuring();
  for (const imageId of ['a', 'a', 'b']) {
    measuring.begin('ellipse', { imageId } as Slice, [0, 0]);
    measuring.drag([3, 3]);
    measuring.drop();
  }
  measuring.hold(1, 0);
  measuring.drag([2, 1]);
  measuring.drop();
  expect(measuring.all[0]!.points).toEqual([[2, 1], [3, 3]]); // prettier-ignore
  measuring.removeOne(slice);
  expect(measuring.all.map(({ id }) => id)).toEqual([2, 3]);
  measuring.removeOne(slice);
  expect(measuring.all.map(({ id }) => id)).toEqual([3]);
  measuring.removeOne(slice);
  expect(measuring.all).toHaveLength(1);
});
