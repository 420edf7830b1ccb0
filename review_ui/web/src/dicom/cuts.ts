/**
 * Cuts through a volume along the patient's own planes, straight or as the greatest value of a slab
 * (maximum intensity projection). Each point of the patient is looked up in the two slices around it,
 * at those slices' own places, so that neither a tilted gantry nor uneven steps deform the picture.
 */
import { dot, plus, type Vector } from './geometry';
import type { Spacing } from './slices';
import { patientOf } from './space';
import type { Body } from './volume';

export type PlaneName = 'axial' | 'coronal' | 'sagittal';

/** One plane to look at: where its first pixel lies, and its size. */
export interface Cut {
  row: Vector;
  column: Vector;
  position_mm: Vector; // centre of the first pixel
  spacing_mm: Spacing;
  rows: number;
  columns: number;
}

/** Patient's right on the left of the screen, and the head or the face upwards. */
const AXES: Record<PlaneName, { row: Vector; column: Vector; along: Vector }> = {
  axial: { row: [1, 0, 0], column: [0, 1, 0], along: [0, 0, 1] },
  coronal: { row: [1, 0, 0], column: [0, 0, -1], along: [0, 1, 0] },
  sagittal: { row: [0, 1, 0], column: [0, 0, -1], along: [1, 0, 0] },
};

const LEAST_STEP_MM = 1; // between neighbouring cuts
const LARGEST = 1024; // pixels along a side

/** All cuts of a volume along one plane of the patient, in the order of their position. */
export function cutsOf(body: Body, name: PlaneName): Cut[] {
  const { row, column, along } = AXES[name];
  const corners = cornersOf(body);
  const [left, top, first] = [row, column, along].map((axis) => Math.min(...corners.map((corner) => dot(corner, axis))));
  const [right, bottom, last] = [row, column, along].map((axis) => Math.max(...corners.map((corner) => dot(corner, axis))));
  const [width, height] = [right! - left!, bottom! - top!];
  const { rows, columns } = body.slices[0]!.spacing_mm;
  const pixel = Math.max(Math.min(rows, columns), width / LARGEST, height / LARGEST);
  const step = Math.max(LEAST_STEP_MM, pixel);
  const size = { rows: Math.floor(height / pixel) + 1, columns: Math.floor(width / pixel) + 1 };
  return Array.from({ length: Math.floor((last! - first!) / step) + 1 }, (_, at) => ({
    row,
    column,
    position_mm: plus(plus([row[0] * left!, row[1] * left!, row[2] * left!], column, top!), along, first! + at * step),
    spacing_mm: { rows: pixel, columns: pixel },
    ...size,
  }));
}

type Values = ArrayLike<number>;

/** The values on a cut, interpolated linearly; `outside` where the volume does not reach. */
export function valuesOn(body: Body, values: readonly Values[], cut: Cut, outside: number): Float32Array {
  const out = new Float32Array(cut.rows * cut.columns).fill(outside);
  trace(body, cut, 0, (at, a, b, share, i, j) => {
    const slice = body.slices[a]!;
    const low = bilinear(values[a]!, slice.columns, slice.rows, i[0], j[0]);
    const high = b === a ? low : bilinear(values[b]!, slice.columns, slice.rows, i[1], j[1]);
    out[at] = low + (high - low) * share;
  });
  return out;
}

/** The greatest value of a slab around a cut, of the voxels nearest to points a step apart. */
export function greatestOn(body: Body, values: readonly Values[], cut: Cut, outside: number, slab_mm: number): Float32Array {
  const out = new Float32Array(cut.rows * cut.columns).fill(outside);
  const seen = new Uint8Array(out.length);
  const step = Math.max(cut.spacing_mm.rows, 0.8);
  for (let off = -slab_mm / 2; off <= slab_mm / 2 + 1e-6; off += step) {
    trace(body, cut, off, (at, a, b, share, i, j) => {
      const value = nearest(body, values, a, b, share, i, j);
      if (!seen[at] || value > out[at]!) out[at] = value;
      seen[at] = 1;
    });
  }
  return out;
}

/** The labels on a cut, or the greatest label of a slab: those of the nearest voxels. */
export function labelsOn(body: Body, labels: readonly (Uint8Array | undefined)[], cut: Cut, slab_mm: number): Uint8Array {
  const out = new Uint8Array(cut.rows * cut.columns);
  const step = Math.max(cut.spacing_mm.rows, 0.8);
  for (let off = -slab_mm / 2; off <= slab_mm / 2 + 1e-6; off += step) {
    trace(body, cut, off, (at, a, b, share, i, j) => {
      const label = nearest(body, labels, a, b, share, i, j);
      if (label > out[at]!) out[at] = label;
    });
  }
  return out;
}

type Visit = (at: number, a: number, b: number, share: number, i: readonly [number, number], j: readonly [number, number]) => void;

/**
 * Visits every pixel of a plane, `off_mm` before the cut, that the volume reaches: its place in the
 * picture, the slices around it, how far it is towards the second, and its column and row in each.
 */
function trace(body: Body, cut: Cut, off_mm: number, visit: Visit): void {
  const { slices, normal, depths_mm } = body;
  const { row, column } = slices[0]!.plane;
  const { spacing_mm, rows, columns } = slices[0]!;
  const across = slices.map(({ plane }) => dot(plane.position_mm, row));
  const down = slices.map(({ plane }) => dot(plane.position_mm, column));
  const half = halfStep(depths_mm);
  const origin = plus(cut.position_mm, crossOf(cut), off_mm);
  const stepOf = (axis: Vector): number => dot(cut.row, axis) * cut.spacing_mm.columns;
  const [dDepth, dAcross, dDown] = [stepOf(normal), stepOf(row), stepOf(column)];
  const [i, j]: [[number, number], [number, number]] = [[0, 0], [0, 0]]; // prettier-ignore
  let k = 0;
  for (let y = 0; y < cut.rows; y++) {
    const start = plus(origin, cut.column, y * cut.spacing_mm.rows);
    let [depth, x, z] = [dot(start, normal), dot(start, row), dot(start, column)];
    for (let at = 0; at < cut.columns; at++, depth += dDepth, x += dAcross, z += dDown) {
      if (depth < depths_mm[0]! - half || depth > depths_mm.at(-1)! + half) continue;
      while (k < slices.length - 2 && depth >= depths_mm[k + 1]!) k += 1;
      while (k > 0 && depth < depths_mm[k]!) k -= 1;
      const b = Math.min(k + 1, slices.length - 1);
      i[0] = (x - across[k]!) / spacing_mm.columns;
      j[0] = (z - down[k]!) / spacing_mm.rows;
      if (i[0] < -0.5 || j[0] < -0.5 || i[0] > columns - 0.5 || j[0] > rows - 0.5) continue;
      i[1] = (x - across[b]!) / spacing_mm.columns;
      j[1] = (z - down[b]!) / spacing_mm.rows;
      const share = (depth - depths_mm[k]!) / (depths_mm[b]! - depths_mm[k]!);
      visit(y * cut.columns + at, k, b, Math.min(1, Math.max(0, share)), i, j);
    }
  }
}

function bilinear(values: Values, columns: number, rows: number, i: number, j: number): number {
  const x = Math.min(columns - 1, Math.max(0, i));
  const y = Math.min(rows - 1, Math.max(0, j));
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, bottom] = [Math.min(columns - 1, left + 1), Math.min(rows - 1, top + 1)];
  const [fx, fy] = [x - left, y - top];
  const above = values[top * columns + left]! * (1 - fx) + values[top * columns + right]! * fx;
  const below = values[bottom * columns + left]! * (1 - fx) + values[bottom * columns + right]! * fx;
  return above + (below - above) * fy;
}

function nearest(
  { slices }: Body,
  values: readonly (Values | undefined)[],
  a: number,
  b: number,
  share: number,
  i: readonly [number, number],
  j: readonly [number, number],
): number {
  const [k, at] = share < 0.5 ? [a, 0] : [b, 1];
  const { columns, rows } = slices[k]!;
  const x = Math.min(columns - 1, Math.max(0, Math.round(i[at]!)));
  const y = Math.min(rows - 1, Math.max(0, Math.round(j[at]!)));
  return values[k]?.[y * columns + x] ?? 0;
}

/** The end slices reach half a step beyond their centres. */
function halfStep(depths_mm: readonly number[]): number {
  return (depths_mm.at(-1)! - depths_mm[0]!) / (depths_mm.length - 1) / 2;
}

function crossOf({ row: a, column: b }: Cut): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function cornersOf({ slices }: Body): Vector[] {
  return [slices[0]!, slices.at(-1)!].flatMap((slice) =>
    [0, slice.columns - 1].flatMap((column) => [0, slice.rows - 1].map((row) => patientOf(slice, [column, row]))),
  );
}
