import { expect, it } from 'vitest';
import { angle_degrees, length_mm, regionOf } from './measure';
import { adcFactor, scaleOf } from './units';

const SPACING = { rows: 2, columns: 0.5 };

it('measures in millimetres, whatever the shape of the pixels', () => {
  expect(length_mm([[0, 0], [6, 2]], SPACING)).toBe(5); // 3 mm by 4 mm
  expect(angle_degrees([[4, 0], [0, 0], [0, 1]], SPACING)).toBeCloseTo(90, 9);
  expect(angle_degrees([[4, 0], [0, 0], [4, 1]], SPACING)).toBeCloseTo(45, 9);
}); // prettier-ignore

it('sums up the pixels whose centres lie in an ellipse', () => {
  const values = Float32Array.from({ length: 100 }, (_, at) => at);
  const region = regionOf([[4.6, 4.4], [6.6, 5.6]], values, 10, 10, SPACING)!; // prettier-ignore
  expect(region).toMatchObject({ count: 2, mean: 55.5, least: 55, greatest: 56 });
  expect(region.sd).toBeCloseTo(Math.SQRT1_2, 9);
  expect(region.area_mm2).toBeCloseTo(Math.PI * 0.5 * 1.2, 9);
  expect(regionOf([[4.6, 4.4], [4.8, 4.6]], values, 10, 10, SPACING)).toBeUndefined(); // prettier-ignore
  expect(regionOf([[-5, -5], [50, 50]], values, 10, 10, SPACING)!.count).toBeLessThanOrEqual(100); // prettier-ignore
});

it('tells HU and ADC from other values', () => {
  const adc = Float32Array.from({ length: 400 }, (_, at) => (at % 4 ? 0.0008 : 0));
  expect(adcFactor(adc)).toBe(1e6);
  expect(adcFactor(adc.map((value) => value * 1e7))).toBe(0.1);
  expect(adcFactor(new Float32Array(400).fill(5))).toBeUndefined();
  expect(scaleOf('CT', 'ncct', {}, undefined).unit).toBe('HU');
  expect(scaleOf('CT', 'other', { '00281054': { vr: 'LO', Value: ['US'] } }, undefined).unit).toBe('none');
  expect(scaleOf('MR', 'adc', {}, adc)).toEqual({ unit: 'ADC', factor: 1e6 });
  expect(scaleOf('MR', 'dwi', {}, adc).unit).toBe('none');
});
