import { expect, it } from 'vitest';
import type { DataSet } from './dataset';
import type { Slice } from './slices';
import { stacksOf } from './stacks';

const slice = (z: number, dataset: DataSet = {}): Slice => ({
  imageId: `${z}-${JSON.stringify(dataset)}`,
  SOPInstanceUID: '',
  frame: 1,
  dataset,
  plane: undefined,
  position_mm: z,
  spacing_mm: undefined,
  FrameOfReferenceUID: '',
  rows: 1,
  columns: 1,
});
const b = (value: number): DataSet => ({ '00189087': { vr: 'FD', Value: [value] } });

it('leaves a series whose places differ as one stack', () => {
  expect(stacksOf([slice(0), slice(5)]).map((stack) => stack.slices.length)).toEqual([2]);
});

it('parts a diffusion series by b-value, the strongest first', () => {
  const stacks = stacksOf([slice(0, b(0)), slice(0, b(1000)), slice(5, b(0)), slice(5, b(1000))]);
  expect(stacks.map(({ kind, value, slices }) => [kind, value, slices.map((s) => s.position_mm)])).toEqual([
    ['b', 1000, [0, 5]],
    ['b', 0, [0, 5]],
  ]);
});

it('keeps together what nothing tells apart', () => {
  expect(stacksOf([slice(0), slice(0), slice(5)])).toHaveLength(1);
});
