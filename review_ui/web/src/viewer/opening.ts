/** Where a series opens. */
import { standing } from '../case/standing';
import { nearestSlice, type Slice } from '../dicom/slices';
import type { Readable } from './choice';

/** The slice of the largest finding, or the middle one. */
export function openingIndex({ series }: Readable, slices: readonly Slice[]): number {
  const [largest] = [...(standing(series)?.findings ?? [])].sort((a, b) => b.volume_ml - a.volume_ml);
  const found = largest?.centre_mm ? nearestSlice(slices, largest.centre_mm) : undefined;
  return found ?? Math.floor(slices.length / 2);
}

/** Slices of the findings' centres, in order. */
export function findingSlices({ series }: Readable, slices: readonly Slice[]): number[] {
  const centres = (standing(series)?.findings ?? []).flatMap(({ centre_mm }) => (centre_mm ? [centre_mm] : []));
  const indices = centres.map((centre) => nearestSlice(slices, centre)).filter((index) => index !== undefined);
  return [...new Set(indices)].sort((a, b) => a - b);
}
