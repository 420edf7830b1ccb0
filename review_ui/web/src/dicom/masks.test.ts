import { expect, it } from 'vitest';
import { layMasks } from './masks';
import type { MaskFrame } from './segmentation';
import type { Slice } from './slices';

const slice = (uid: string, z: number): Slice => ({
  imageId: `${uid}`,
  SOPInstanceUID: uid,
  frame: 1,
  dataset: {},
  plane: { row: [1, 0, 0], column: [0, 1, 0], position_mm: [0, 0, z] },
  position_mm: z,
  spacing_mm: undefined,
  FrameOfReferenceUID: '',
  rows: 1,
  columns: 2,
});
const frame = (uid: string, labels: number[], z: number[] = []): MaskFrame => ({
  SOPInstanceUID: uid,
  sourceFrame: 1,
  position_mm: z,
  labels: Uint8Array.from(labels),
});
const lay = (frames: MaskFrame[]) => layMasks({ rows: 1, columns: 2, frames }, [slice('a', 0), slice('b', 5)]);

it('follows the source image a frame names and merges segments of one slice', () => {
  const masks = lay([frame('b', [1, 0]), frame('b', [0, 2])]);
  expect([...masks.bySlice.get('b')!]).toEqual([1, 2]);
  expect(masks).toMatchObject({ voxels: 2, unmatched: 0 });
});

it('uses the position only where no source is named', () => {
  expect(lay([frame('', [1, 1], [0, 0, 5.05])]).bySlice.has('b')).toBe(true);
});

it('counts what fits no slice and ignores empty frames', () => {
  expect(lay([frame('gone', [1, 0], [0, 0, 5]), frame('', [1, 0], [0, 0, 3]), frame('gone', [0, 0])])).toMatchObject({
    voxels: 0,
    unmatched: 2,
  });
});
