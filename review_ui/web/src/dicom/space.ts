/** Between a slice's pixels and the patient. Pixel (0, 0) is the centre of the first one; patient is LPS in mm. */
import { dot, minus, normalOf, type Plane, plus, type Vector } from './geometry';
import type { Slice, Spacing } from './slices';

/** A slice whose place in the patient is known. */
export interface Placed {
  plane: Plane;
  spacing_mm: Spacing;
  rows: number;
  columns: number;
}

export type Pixel = readonly [column: number, row: number];

export function isPlaced<T extends Slice>(slice: T | undefined): slice is T & Placed {
  return slice?.plane !== undefined && slice.spacing_mm !== undefined;
}

export function patientOf({ plane, spacing_mm }: Placed, [column, row]: Pixel): Vector {
  return plus(plus(plane.position_mm, plane.row, column * spacing_mm.columns), plane.column, row * spacing_mm.rows);
}

/** The pixel nearest to a point of the patient, and how far the point lies off the slice (mm, along its normal). */
export function pixelOf({ plane, spacing_mm }: Placed, point_mm: Vector): { pixel: Pixel; off_mm: number } {
  const from = minus(point_mm, plane.position_mm);
  return {
    pixel: [dot(from, plane.row) / spacing_mm.columns, dot(from, plane.column) / spacing_mm.rows],
    off_mm: dot(from, normalOf(plane)),
  };
}

export function centreOf(slice: Placed): Vector {
  return patientOf(slice, [(slice.columns - 1) / 2, (slice.rows - 1) / 2]);
}

/** Whether two slices look along nearly the same direction (within 45 degrees). */
export function lookAlike(a: Placed, b: Placed): boolean {
  return Math.abs(dot(normalOf(a.plane), normalOf(b.plane))) > Math.SQRT1_2;
}

/** Where the picture of `other` crosses `slice`: two pixels of `slice`, or undefined when it does not. */
export function crossing(slice: Placed, other: Placed, move: (point_mm: Vector) => Vector): readonly [Pixel, Pixel] | undefined {
  const [columns, rows] = [other.columns - 0.5, other.rows - 0.5];
  const corners = ([[-0.5, -0.5], [columns, -0.5], [columns, rows], [-0.5, rows]] as const).map((corner) =>
    pixelOf(slice, move(patientOf(other, corner))),
  ); // prettier-ignore
  const points = corners.flatMap((a, at) => {
    const b = corners[(at + 1) % corners.length]!;
    if (a.off_mm > 0 === b.off_mm > 0) return [];
    const share = a.off_mm / (a.off_mm - b.off_mm);
    return [[between(a.pixel[0], b.pixel[0], share), between(a.pixel[1], b.pixel[1], share)] as Pixel];
  });
  return points.length === 2 ? [points[0]!, points[1]!] : undefined;
}

const between = (a: number, b: number, share: number): number => a + (b - a) * share;
