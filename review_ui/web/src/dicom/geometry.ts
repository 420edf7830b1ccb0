/**
 * Where a slice lies in the patient (PS3.3 C.7.6.2.1.1). Patient space: x to the Left, y to the
 * Posterior, z to the Head, in mm.
 */

export type Vector = readonly [number, number, number];

export interface Plane {
  row: Vector; // direction in which the column index rises: to the right of the screen
  column: Vector; // direction in which the row index rises: down the screen
  position_mm: Vector; // centre of the first pixel
}

export interface EdgeLetters {
  left: string;
  right: string;
  top: string;
  bottom: string;
}

const LETTERS = [
  ['L', 'R'],
  ['P', 'A'],
  ['H', 'F'],
] as const;

const SECOND_LETTER_FROM = 0.25; // sine of about 15 degrees: a smaller slope would only clutter

export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

export function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export const plus = (a: Vector, b: Vector, times = 1): Vector => [a[0] + times * b[0], a[1] + times * b[1], a[2] + times * b[2]];

export const minus = (a: Vector, b: Vector): Vector => plus(a, b, -1);

export function normalOf(plane: Plane): Vector {
  return cross(plane.row, plane.column);
}

/** The plane of ImageOrientationPatient and ImagePositionPatient; undefined unless both make sense. */
export function planeOf(orientation: readonly number[], position: readonly number[]): Plane | undefined {
  const all = [...orientation, ...position];
  if (orientation.length !== 6 || position.length !== 3 || !all.every(Number.isFinite)) return undefined;
  const plane: Plane = {
    row: orientation.slice(0, 3) as unknown as Vector,
    column: orientation.slice(3) as unknown as Vector,
    position_mm: position as unknown as Vector,
  };
  return isOrthonormal(plane) ? plane : undefined;
}

function isOrthonormal({ row, column }: Plane): boolean {
  const unit = (v: Vector): boolean => Math.abs(Math.sqrt(dot(v, v)) - 1) < 0.01;
  return unit(row) && unit(column) && Math.abs(dot(row, column)) < 0.01;
}

/** The patient's direction as letters: the largest component, and a second one on a slope. */
export function directionLetters(direction: Vector): string {
  return [0, 1, 2]
    .sort((a, b) => Math.abs(direction[b]!) - Math.abs(direction[a]!))
    .filter((axis, rank) => rank === 0 || (rank === 1 && Math.abs(direction[axis]!) > SECOND_LETTER_FROM))
    .map((axis) => LETTERS[axis]![direction[axis]! > 0 ? 0 : 1])
    .join('');
}

/** The letters on the four edges of an image shown as it is stored. */
export function edgeLetters(plane: Plane): EdgeLetters {
  const opposite = ([x, y, z]: Vector): Vector => [-x, -y, -z];
  return {
    right: directionLetters(plane.row),
    left: directionLetters(opposite(plane.row)),
    bottom: directionLetters(plane.column),
    top: directionLetters(opposite(plane.column)),
  };
}
