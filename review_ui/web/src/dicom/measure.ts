/** Lengths, angles and regions on a slice. Points are pixels of the slice, as fractions; spacing in mm. */
import type { Spacing } from './slices';
import type { Pixel } from './space';

export type MeasureKind = 'length' | 'angle' | 'ellipse';
export const MEASURE_KINDS: readonly MeasureKind[] = ['length', 'angle', 'ellipse'];

export interface Measure {
  id: number;
  kind: MeasureKind;
  imageId: string;
  points: readonly Pixel[]; // length: its ends; angle: its corner second; ellipse: two corners of the box around it
}

export const POINTS: Record<MeasureKind, number> = { length: 2, angle: 3, ellipse: 2 };

/** Mean, standard deviation (of a sample) and extent of the pixels whose centres lie in a region. */
export interface Region {
  count: number;
  area_mm2: number; // of the ellipse itself
  mean: number;
  sd: number;
  least: number;
  greatest: number;
}

export function length_mm([a, b]: readonly Pixel[], spacing: Spacing): number {
  return a && b ? Math.hypot(...sides(a, b, spacing)) : 0;
}

/** Between the two legs, in degrees. */
export function angle_degrees([a, corner, b]: readonly Pixel[], spacing: Spacing): number {
  if (!a || !corner || !b) return 0;
  const [[ax, ay], [bx, by]] = [sides(corner, a, spacing), sides(corner, b, spacing)];
  return (Math.abs(Math.atan2(ax * by - ay * bx, ax * bx + ay * by)) * 180) / Math.PI;
}

/** The region of an ellipse in values of rows x columns; undefined when no pixel's centre lies in it. */
export function regionOf([a, b]: readonly Pixel[], values: ArrayLike<number>, columns: number, rows: number, spacing: Spacing): Region | undefined {
  if (!a || !b) return undefined;
  const [rx, ry] = [Math.abs(b[0] - a[0]) / 2, Math.abs(b[1] - a[1]) / 2];
  const [cx, cy] = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  const found: number[] = [];
  for (let y = Math.max(0, Math.ceil(cy - ry)); y <= Math.min(rows - 1, cy + ry); y++) {
    for (let x = Math.max(0, Math.ceil(cx - rx)); x <= Math.min(columns - 1, cx + rx); x++) {
      if (((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1) found.push(values[y * columns + x]!);
    }
  }
  return found.length ? { area_mm2: Math.PI * rx * spacing.columns * ry * spacing.rows, ...summed(found) } : undefined;
}

function summed(found: readonly number[]): Omit<Region, 'area_mm2'> {
  const count = found.length;
  const mean = found.reduce((sum, value) => sum + value, 0) / count;
  const squares = found.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const [least, greatest] = [Math.min(...found), Math.max(...found)];
  return { count, mean, sd: count > 1 ? Math.sqrt(squares / (count - 1)) : 0, least, greatest };
}

function sides(a: Pixel, b: Pixel, { rows, columns }: Spacing): [number, number] {
  return [(b[0] - a[0]) * columns, (b[1] - a[1]) * rows];
}
