/** Lays the frames of a segmentation on the slices they belong to. */
import { dot, normalOf, type Vector } from './geometry';
import type { MaskFrame, Segmentation } from './segmentation';
import type { Slice } from './slices';

export interface Masks {
  bySlice: ReadonlyMap<string, Uint8Array>; // imageId -> labels, rows x columns
  voxels: number; // in all, above 0
  labels: readonly number[]; // that occur, in order
  unmatched: number; // frames with a lesion that fit no slice
}

const NEAR_MM = 0.1;

export function layMasks(segmentation: Segmentation, slices: readonly Slice[]): Masks {
  const bySlice = new Map<string, Uint8Array>();
  let [voxels, unmatched] = [0, 0];
  for (const frame of segmentation.frames) {
    const count = voxelCount(frame.labels);
    if (count === 0) continue;
    const slice = sliceOf(frame, slices);
    const fits = slice && slice.rows === segmentation.rows && slice.columns === segmentation.columns;
    if (!fits) {
      unmatched += 1;
      continue;
    }
    voxels += count;
    bySlice.set(slice.imageId, merged(bySlice.get(slice.imageId), frame.labels));
  }
  return { bySlice, voxels, labels: labelsIn(bySlice.values()), unmatched };
}

function labelsIn(all: Iterable<Uint8Array>): number[] {
  const seen = new Uint8Array(256);
  for (const labels of all) for (const label of labels) seen[label] = 1;
  return [...seen.keys()].filter((label) => label > 0 && seen[label]);
}

export function voxelCount(labels: Uint8Array | undefined): number {
  return labels ? labels.reduce((count, label) => count + (label ? 1 : 0), 0) : 0;
}

function merged(below: Uint8Array | undefined, above: Uint8Array): Uint8Array {
  return below ? below.map((label, pixel) => above[pixel] || label) : above;
}

/** By the source image the frame names, else by its position; never by its number. */
function sliceOf(frame: MaskFrame, slices: readonly Slice[]): Slice | undefined {
  const named = slices.find((s) => s.SOPInstanceUID === frame.SOPInstanceUID && s.frame === frame.sourceFrame);
  return named ?? (frame.SOPInstanceUID ? undefined : slices.find((slice) => liesOn(frame, slice)));
}

function liesOn(frame: MaskFrame, slice: Slice): boolean {
  if (frame.position_mm.length !== 3 || slice.position_mm === undefined || !slice.plane) return false;
  return Math.abs(dot(frame.position_mm as unknown as Vector, normalOf(slice.plane)) - slice.position_mm) < NEAR_MM;
}
