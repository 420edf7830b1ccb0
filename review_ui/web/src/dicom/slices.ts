/** A series as slices in the order of their position, each with what the viewer must say about it. */
import { type DataSet, flatFrames, numberOf, numbers, TAG, text } from './dataset';
import { dot, normalOf, type Plane, planeOf, type Vector } from './geometry';

export const LARGEST_PIXELS = 8192 * 8192; // more would take a browser down, and no head CT has it

/** Distance of neighbouring pixel centres (PixelSpacing, PS3.3 10.7.1.1). */
export interface Spacing {
  rows: number; // between rows: down the screen
  columns: number; // between columns: to the right of the screen
}

export interface Slice {
  imageId: string; // where its pixels are fetched
  SOPInstanceUID: string;
  frame: number; // from 1
  dataset: DataSet; // flat: of this frame only
  plane: Plane | undefined;
  position_mm: number | undefined; // along the normal of the series
  spacing_mm: Spacing | undefined;
  FrameOfReferenceUID: string;
  rows: number;
  columns: number;
}

/** Slices from the metadata of a series; `frameAddress` gives the address of a frame's pixels. */
export function slicesOf(
  instances: readonly DataSet[],
  frameAddress: (SOPInstanceUID: string, frame: number) => string,
): Slice[] {
  const slices = instances.flatMap((instance) =>
    flatFrames(instance).map((dataset, index) => sliceOf(dataset, index + 1, frameAddress)),
  );
  return inOrder(slices.filter((slice) => slice.rows > 0 && slice.columns > 0));
}

export function isTooLarge(slice: Slice): boolean {
  return slice.rows * slice.columns > LARGEST_PIXELS;
}

/** Index of the slice nearest to a point of the patient, or undefined when no slice has a position. */
export function nearestSlice(slices: readonly Slice[], point_mm: Vector): number | undefined {
  const normal = normalOfStack(slices);
  if (!normal) return undefined;
  const wanted = dot(point_mm, normal);
  const away = (slice: Slice): number => (slice.position_mm === undefined ? Infinity : Math.abs(slice.position_mm - wanted));
  return slices.reduce((best, slice, index) => (away(slice) < away(slices[best]!) ? index : best), 0);
}

function sliceOf(dataset: DataSet, frame: number, frameAddress: (uid: string, frame: number) => string): Slice {
  const SOPInstanceUID = text(dataset, TAG.SOPInstanceUID);
  return {
    imageId: frameAddress(SOPInstanceUID, frame),
    SOPInstanceUID,
    frame,
    dataset,
    plane: planeOf(numbers(dataset, TAG.ImageOrientationPatient), numbers(dataset, TAG.ImagePositionPatient)),
    position_mm: undefined,
    spacing_mm: spacingOf(numbers(dataset, TAG.PixelSpacing)),
    FrameOfReferenceUID: text(dataset, TAG.FrameOfReferenceUID),
    rows: numberOf(dataset, TAG.Rows) ?? 0,
    columns: numberOf(dataset, TAG.Columns) ?? 0,
  };
}

function spacingOf([rows, columns]: readonly number[]): Spacing | undefined {
  return rows! > 0 && columns! > 0 ? { rows: rows!, columns: columns! } : undefined;
}

function inOrder(slices: Slice[]): Slice[] {
  const normal = normalOfStack(slices);
  const placed = slices.map((slice) => ({
    ...slice,
    position_mm: normal && slice.plane ? dot(slice.plane.position_mm, normal) : undefined,
  }));
  const last = Number.MAX_VALUE; // slices without a position come after the others
  return placed.sort(
    (a, b) =>
      (a.position_mm ?? last) - (b.position_mm ?? last) ||
      (numberOf(a.dataset, TAG.InstanceNumber) ?? 0) - (numberOf(b.dataset, TAG.InstanceNumber) ?? 0) ||
      a.frame - b.frame,
  );
}

function normalOfStack(slices: readonly Slice[]): Vector | undefined {
  const plane = slices.find((slice) => slice.plane)?.plane;
  return plane && normalOf(plane);
}
