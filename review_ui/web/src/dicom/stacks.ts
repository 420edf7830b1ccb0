/**
 * A series may hold the same places several times: every b-value of a diffusion series, every phase
 * of a perfusion. Each becomes a stack of its own, so that scrolling moves through the head only.
 */
import { numberOf } from './dataset';
import type { Slice } from './slices';

export interface Stack {
  kind: 'b' | 'other'; // how the value is named on screen
  value: number | undefined; // undefined when the series is one stack
  slices: Slice[];
}

const DIFFUSION_B_VALUE = '00189087';
/** DiffusionBValue, TemporalPositionIndex and -Identifier, EchoNumbers, AcquisitionNumber. */
const TELLING = [DIFFUSION_B_VALUE, '00209128', '00200100', '00180086', '00200012'];

/** Splits slices that share places by the first attribute that tells them apart, the highest value first. */
export function stacksOf(slices: readonly Slice[]): Stack[] {
  const whole: Stack = { kind: 'other', value: undefined, slices: [...slices] };
  if (eachPlaceOnce(slices)) return [whole];
  const tag = TELLING.find((candidate) => tells(slices, candidate));
  if (tag === undefined) return [whole];
  const values = [...new Set(slices.map((slice) => numberOf(slice.dataset, tag)!))].sort((a, b) => b - a);
  return values.map((value) => ({
    kind: tag === DIFFUSION_B_VALUE ? 'b' : 'other',
    value,
    slices: slices.filter((slice) => numberOf(slice.dataset, tag) === value),
  }));
}

/** Whether every slice has the attribute, with a few values that several slices share. */
function tells(slices: readonly Slice[], tag: string): boolean {
  const values = slices.map((slice) => numberOf(slice.dataset, tag));
  if (values.some((value) => value === undefined)) return false;
  const distinct = new Set(values);
  return distinct.size > 1 && distinct.size < slices.length;
}

function eachPlaceOnce(slices: readonly Slice[]): boolean {
  const places = slices.map((slice) => slice.position_mm?.toFixed(2));
  return places.includes(undefined) || new Set(places).size === places.length;
}
