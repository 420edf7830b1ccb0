/** A pixel's value as a reader expects it. */
import { type Scale, scaleOf } from '../dicom/units';
import { number, t } from '../i18n/language.svelte';
import type { Reading } from './reading.svelte';

/** What the values of a pane mean; an ADC map's writing is judged on the slice on screen. */
export function scaleOfReading(reading: Reading): Scale {
  const series = reading.choice?.series;
  const isAdc = series?.role === 'adc';
  return scaleOf(series?.modality ?? '', series?.role ?? '', reading.slice?.dataset ?? {}, isAdc ? reading.values() : undefined);
}

export function valueText(value: number, { unit, factor }: Scale): string {
  const digits = unit === 'HU' || Math.abs(value * factor) >= 100 ? 1 : 2;
  return t(`value.${unit}`, { value: number(value * factor, digits) });
}
