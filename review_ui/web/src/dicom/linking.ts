/**
 * Which slice of another stack shows the same place of the patient. Series of one frame of reference
 * share their coordinates; for others a place known in both, the anchor, says how they lie to each
 * other: by default the top slices, as head series end above the vertex, until a reader says better.
 */
import { minus, plus, type Vector } from './geometry';
import { nearestSlice, type Slice } from './slices';
import { centreOf, isPlaced, lookAlike, pixelOf } from './space';

/** One place of the patient, in the coordinates of each frame of reference. */
export type Anchors = ReadonlyMap<string, Vector>;

export interface Stacked {
  slices: readonly Slice[];
  index: number;
}

/** A slice without a frame of reference of its own shares none. */
export function frameOf(slice: Slice): string {
  return slice.FrameOfReferenceUID || `of ${slice.imageId}`;
}

export function sameFrame(a: Slice, b: Slice): boolean {
  return a.FrameOfReferenceUID !== '' && a.FrameOfReferenceUID === b.FrameOfReferenceUID;
}

/** Adds an anchor for each frame of reference that has none: the centre of the highest slice. */
export function anchored(anchors: Anchors, stacks: readonly (readonly Slice[])[]): Anchors {
  const all = new Map(anchors);
  for (const slices of stacks) {
    const top = topOf(slices);
    if (top && !all.has(frameOf(top))) all.set(frameOf(top), centreOf(top));
  }
  return all;
}

/** Takes the slices on screen for the same place, as the reader has put them side by side. */
export function anchoredHere(stacks: readonly Stacked[]): Anchors {
  const all = new Map<string, Vector>();
  for (const { slices, index } of stacks) {
    const slice = slices[index];
    if (isPlaced(slice) && !all.has(frameOf(slice))) all.set(frameOf(slice), centreOf(slice));
  }
  return all;
}

/** A point in the coordinates of `from`, in those of `to`. */
export function moved(point_mm: Vector, from: Slice, to: Slice, anchors: Anchors): Vector {
  const [a, b] = [anchors.get(frameOf(from)), anchors.get(frameOf(to))];
  return sameFrame(from, to) || !a || !b ? point_mm : plus(minus(point_mm, a), b);
}

/** The slice of `slices` at a point seen in `from`; undefined when the stack does not reach there. */
export function sliceAt(point_mm: Vector, from: Slice, slices: readonly Slice[], anchors: Anchors): number | undefined {
  const first = slices.find(isPlaced);
  if (!first) return undefined;
  const point = moved(point_mm, from, first, anchors);
  const index = nearestSlice(slices, point);
  const slice = index === undefined ? undefined : slices[index];
  return isPlaced(slice) && Math.abs(pixelOf(slice, point).off_mm) <= reach(slices) ? index : undefined;
}

/** The slice that goes with `from` when both stacks are scrolled together. */
export function linkedSlice(from: Slice, slices: readonly Slice[], anchors: Anchors): number | undefined {
  const first = slices.find(isPlaced);
  if (!isPlaced(from) || !first || !lookAlike(from, first)) return undefined;
  return sliceAt(centreOf(from), from, slices, anchors);
}

const LEAST_REACH_MM = 2.5;

/** How far a point may lie off the nearest slice: half of the widest step between neighbours. */
function reach(slices: readonly Slice[]): number {
  const places = slices.flatMap(({ position_mm }) => (position_mm === undefined ? [] : [position_mm]));
  const steps = places.slice(1).map((place, at) => place - places[at]!);
  return Math.max(LEAST_REACH_MM, ...steps.map((step) => step / 2 + 0.01));
}

function topOf(slices: readonly Slice[]): (Slice & { plane: NonNullable<Slice['plane']>; spacing_mm: NonNullable<Slice['spacing_mm']> }) | undefined {
  const placed = slices.filter(isPlaced);
  return placed.reduce<(typeof placed)[number] | undefined>(
    (top, slice) => (!top || centreOf(slice)[2] > centreOf(top)[2] ? slice : top),
    undefined,
  );
}
