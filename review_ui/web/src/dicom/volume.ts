/** Whether the slices of a stack form one volume, and how they lie in it. */
import { dot, minus, normalOf, plus, type Vector } from './geometry';
import type { Slice } from './slices';
import { isPlaced, type Placed } from './space';

/** Why slices cannot be cut along other planes. */
export type WhyNot = 'few' | 'noposition' | 'orientation' | 'matrix' | 'repeated' | 'offline' | 'gap';

/** Slices in order along their normal, each with its own place: a tilted gantry shifts them, which cuts allow for. */
export interface Body {
  slices: readonly (Slice & Placed)[];
  normal: Vector;
  depths_mm: readonly number[]; // of each slice along the normal, rising
  tilt_degrees: number; // between the normal and the line through the slices; 0 below TILT_FROM_DEGREES
}

const LEAST_SLICES = 4;
const SAME_DIRECTION = 0.9999; // cosine: under a degree
const SAME_PLACE_MM = 0.02;
const OFF_LINE_MM = 1; // slices further off one line were made with the table or the patient moved
const TILT_FROM_DEGREES = 0.2; // below it is the rounding of headers
const WIDEST_GAP = 2.5; // of the usual step: more would be more invention than image
const GAP_FROM_MM = 6; // a step this narrow is no gap, however fine the others are

/** The volume of a stack, or why there is none. */
export function bodyOf(stack: readonly Slice[]): Body | WhyNot {
  const slices = stack.filter(isPlaced);
  if (slices.length < stack.length) return 'noposition';
  if (slices.length < LEAST_SLICES) return 'few';
  const [first] = slices as [Slice & Placed, ...(Slice & Placed)[]];
  if (slices.some((slice) => !parallel(slice, first))) return 'orientation';
  if (slices.some((slice) => !alike(slice, first))) return 'matrix';
  const normal = normalOf(first.plane);
  const ordered = [...slices].sort((a, b) => depth(a, normal) - depth(b, normal));
  const depths_mm = ordered.map((slice) => depth(slice, normal));
  const steps = depths_mm.slice(1).map((at, k) => at - depths_mm[k]!);
  if (steps.some((step) => step < SAME_PLACE_MM)) return 'repeated';
  if (steps.some((step) => step > GAP_FROM_MM && step > WIDEST_GAP * median(steps))) return 'gap';
  const line = unit(minus(ordered.at(-1)!.plane.position_mm, ordered[0]!.plane.position_mm));
  if (ordered.some((slice) => offLine(slice, ordered[0]!, line) > OFF_LINE_MM)) return 'offline';
  return { slices: ordered, normal, depths_mm, tilt_degrees: tilt(line, normal) };
}

const depth = (slice: Placed, normal: Vector): number => dot(slice.plane.position_mm, normal);

function parallel(a: Placed, b: Placed): boolean {
  return dot(a.plane.row, b.plane.row) > SAME_DIRECTION && dot(a.plane.column, b.plane.column) > SAME_DIRECTION;
}

function alike(a: Placed, b: Placed): boolean {
  const near = (x: number, y: number): boolean => Math.abs(x - y) < 1e-4;
  const spaced = near(a.spacing_mm.rows, b.spacing_mm.rows) && near(a.spacing_mm.columns, b.spacing_mm.columns);
  return spaced && a.rows === b.rows && a.columns === b.columns;
}

function offLine(slice: Placed, first: Placed, line: Vector): number {
  const from = minus(slice.plane.position_mm, first.plane.position_mm);
  return Math.sqrt(length2(plus(from, line, -dot(from, line))));
}

function tilt(line: Vector, normal: Vector): number {
  const degrees = (Math.acos(Math.min(1, dot(line, normal))) * 180) / Math.PI;
  return degrees < TILT_FROM_DEGREES ? 0 : degrees;
}

const length2 = (v: Vector): number => dot(v, v);

function unit(v: Vector): Vector {
  const length = Math.sqrt(length2(v));
  return [v[0] / length, v[1] / length, v[2] / length];
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
