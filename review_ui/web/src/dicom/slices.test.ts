import { describe, expect, it } from 'vitest';
import type { DataSet } from './dataset';
import { nearestSlice, slicesOf } from './slices';

const address = (uid: string, frame: number): string => `http://desk/${uid}/frames/${frame}`;

function instance(uid: string, z: number | undefined, more: DataSet = {}): DataSet {
  return {
    '00080018': { vr: 'UI', Value: [uid] },
    '00280010': { vr: 'US', Value: [4] },
    '00280011': { vr: 'US', Value: [4] },
    '00200037': { vr: 'DS', Value: [1, 0, 0, 0, 1, 0] },
    ...(z === undefined ? {} : { '00200032': { vr: 'DS', Value: [0, 0, z] } }),
    ...more,
  };
}

describe('slicesOf', () => {
  it('orders by position along the normal, whatever the order of arrival', () => {
    const slices = slicesOf([instance('c', 10), instance('a', -5), instance('b', 0)], address);
    expect(slices.map((slice) => slice.SOPInstanceUID)).toEqual(['a', 'b', 'c']);
    expect(slices.map((slice) => slice.position_mm)).toEqual([-5, 0, 10]);
  });

  it('puts images without a position last, by their number', () => {
    const number = (n: number): DataSet => ({ '00200013': { vr: 'IS', Value: [n] } });
    const slices = slicesOf([instance('y', undefined, number(2)), instance('x', undefined, number(1)), instance('a', 3)], address);
    expect(slices.map((slice) => slice.SOPInstanceUID)).toEqual(['a', 'x', 'y']);
    expect(slices[1]!.plane).toBeUndefined();
  });

  it('leaves out what has no pixels', () => {
    expect(slicesOf([{ '00080018': { vr: 'UI', Value: ['sr'] } }], address)).toEqual([]);
  });

  it('splits an enhanced image into frames with their own positions', () => {
    const frameAt = (z: number): DataSet => ({
      '00209113': { vr: 'SQ', Value: [{ '00200032': { vr: 'DS', Value: [0, 0, z] } }] },
    });
    const enhanced: DataSet = {
      ...instance('e', undefined),
      '00280008': { vr: 'IS', Value: ['2'] },
      '52009230': { vr: 'SQ', Value: [frameAt(7), frameAt(2)] },
    };
    const slices = slicesOf([enhanced], address);
    expect(slices.map((slice) => [slice.frame, slice.position_mm])).toEqual([
      [2, 2],
      [1, 7],
    ]);
    expect(slices[0]!.imageId).toBe('http://desk/e/frames/2');
  });
});

it('finds the slice nearest to a point', () => {
  const slices = slicesOf([instance('a', 0), instance('b', 5), instance('c', 10)], address);
  expect(nearestSlice(slices, [50, -20, 6.9])).toBe(1);
  expect(nearestSlice([], [0, 0, 0])).toBeUndefined();
});
