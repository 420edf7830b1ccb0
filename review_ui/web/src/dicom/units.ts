/** What a pixel's value means, and how an ADC map is written. */
import { type DataSet, text } from './dataset';

export type Unit = 'HU' | 'ADC' | 'none';

export interface Scale {
  unit: Unit;
  factor: number; // to HU, or to 1e-6 mm2/s
}

const RESCALE_TYPE = '00281054';
/** Maps are written in 1e-6 or 1e-3 mm2/s, in mm2/s, and by some scanners in 1e-7 (as the server judges them). */
const TO_1E6_MM2_S = [1, 1000, 1e6, 0.1];
const PLAUSIBLE = { from: 450, to: 2200 }; // the median of a head's ADC in 1e-6 mm2/s

export function scaleOf(modality: string, role: string, dataset: DataSet, values: ArrayLike<number> | undefined): Scale {
  const type = text(dataset, RESCALE_TYPE).toUpperCase();
  if (modality === 'CT') return { unit: type === '' || type.startsWith('HU') ? 'HU' : 'none', factor: 1 };
  const factor = role === 'adc' && values ? adcFactor(values) : undefined;
  return factor === undefined ? { unit: 'none', factor: 1 } : { unit: 'ADC', factor };
}

/** What makes the median of the measured values that of a head; undefined when nothing does. */
export function adcFactor(values: ArrayLike<number>): number | undefined {
  const step = Math.max(1, Math.floor(values.length / 20_000));
  const measured: number[] = [];
  for (let at = 0; at < values.length; at += step) if (values[at]! > 0) measured.push(values[at]!);
  if (measured.length < 20) return undefined;
  const median = measured.sort((a, b) => a - b)[Math.floor(measured.length / 2)]!;
  return TO_1E6_MM2_S.find((factor) => median * factor >= PLAUSIBLE.from && median * factor <= PLAUSIBLE.to);
}
