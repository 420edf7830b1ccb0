import { describe, expect, it } from 'vitest';
import { anchored, anchoredHere, linkedSlice, moved, sliceAt } from './linking';
import type { Vector } from './geometry';
import type { Slice } from './slices';
import { crossing } from './space';

function stack(frame: string, heights: number[], plane: { row: Vector; column: Vector } = { row: [1, 0, 0], column: [0, 1, 0] }): Slice[] {
  return heights.map((z) => ({
    imageId: `${frame}${z}`,
    SOPInstanceUID: '',
    frame: 1,
    dataset: {},
    plane: { ...plane, position_mm: [-50, -50, z] },
    position_mm: z,
    spacing_mm: { rows: 1, columns: 1 },
    FrameOfReferenceUID: frame,
    rows: 101,
    columns: 101,
  }));
}

const ct = stack('A', [0, 5, 10, 15, 20]);
const cta = stack('A', [8, 9, 10, 11, 12, 13]);
const prior = stack('B', [900, 905, 910, 915]);

describe('linked scrolling', () => {
  it('goes to the same place where both share a frame of reference', () => {
    expect(linkedSlice(ct[2]!, cta, new Map())).toBe(2);
  });

  it('stays where the other series does not reach', () => {
    expect(linkedSlice(ct[0]!, cta, new Map())).toBeUndefined();
    expect(linkedSlice(ct[4]!, cta, new Map())).toBeUndefined();
  });

  it('lays the tops on each other where nothing says better', () => {
    const anchors = anchored(new Map(), [ct, prior]);
    expect(linkedSlice(ct[4]!, prior, anchors)).toBe(3);
    expect(linkedSlice(ct[2]!, prior, anchors)).toBe(1);
    expect(linkedSlice(ct[0]!, prior, anchors)).toBeUndefined();
  });

  it('takes what the reader has put side by side for the same place', () => {
    const anchors = anchoredHere([
      { slices: ct, index: 1 },
      { slices: prior, index: 2 },
    ]);
    expect(linkedSlice(ct[2]!, prior, anchors)).toBe(3);
    expect(anchored(anchors, [ct, prior]).get('B')).toEqual([0, 0, 910]);
    expect(moved([1, 2, 5], ct[1]!, prior[0]!, anchors)).toEqual([1, 2, 910]);
  });

  it('does not scroll a plane across another, but goes to a place pointed at', () => {
    const coronal = [-2, 0, 2].map((y) => ({ ...stack('A', [0], { row: [1, 0, 0], column: [0, 0, -1] })[0]!, plane: { row: [1, 0, 0] as Vector, column: [0, 0, -1] as Vector, position_mm: [-50, y, 50] as Vector }, position_mm: y }));
    expect(linkedSlice(ct[2]!, coronal, new Map())).toBeUndefined();
    expect(sliceAt([3, 2, 10], ct[2]!, coronal, new Map())).toBe(2);
  });

  it('without a frame of reference shares none', () => {
    const one = stack('', [0, 5]);
    const other = stack('', [0, 5]).map((slice) => ({ ...slice, imageId: `other ${slice.imageId}` }));
    expect(moved([0, 0, 0], one[0]!, other[0]!, new Map())).toEqual([0, 0, 0]);
  });
});

it('draws where one picture crosses another', () => {
  const axial = ct[2]! as never;
  const coronal = { ...stack('A', [0])[0]!, plane: { row: [1, 0, 0], column: [0, 0, -1], position_mm: [-50, 7, 50] } } as never;
  const ends = crossing(axial, coronal, (point) => point)!;
  const sorted = [...ends].sort((a, b) => a[0] - b[0]);
  expect(sorted[0]!.map((one) => Number(one.toFixed(6)))).toEqual([-0.5, 57]);
  expect(sorted[1]!.map((one) => Number(one.toFixed(6)))).toEqual([100.5, 57]);
  expect(crossing(axial, ct[1]! as never, (point) => point)).toBeUndefined();
});
