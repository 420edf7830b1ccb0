/** Where a series opens. */
import { standing } from '../case/standing';
import type { Vector } from '../dicom/geometry';
import { nearestSlice, type Slice } from '../dicom/slices';
import { centreOf, isPlaced, lookAlike } from '../dicom/space';
import type { Readable } from './choice';

/** The slice of the largest finding, or the middle one. */
export function openingIndex(choice: Readable, slices: readonly Slice[]): number {
  const centre = largestCentre(choice);
  return (centre && nearestSlice(slices, centre)) ?? middleOf(slices);
}

/** Where another plane opens: at the place of the slice it was asked from, or, across it, at the largest finding. */
export function indexFrom(choice: Readable, from: Slice | undefined, slices: readonly Slice[]): number {
  const first = slices.find(isPlaced);
  if (isPlaced(from) && first && lookAlike(from, first)) return nearestSlice(slices, centreOf(from)) ?? middleOf(slices);
  return openingIndex(choice, slices);
}

function largestCentre({ series }: Readable): Vector | undefined {
  const [largest] = [...(standing(series)?.findings ?? [])].sort((a, b) => b.volume_ml - a.volume_ml);
  return largest?.centre_mm ?? undefined;
}

const middleOf = (slices: readonly Slice[]): number => Math.floor(slices.length / 2);

/** Slices of the findings' centres, in order. */
export function findingSlices({ series }: Readable, slices: readonly Slice[]): number[] {
  const centres = (standing(series)?.findings ?? []).flatMap(({ centre_mm }) => (centre_mm ? [centre_mm] : []));
  const indices = centres.map((centre) => nearestSlice(slices, centre)).filter((index) => index !== undefined);
  return [...new Set(indices)].sort((a, b) => a - b);
}
