import { expect, it } from 'vitest';
import { greys } from './draw';

const levels = (values: Int16Array | Float32Array, lower: number, upper: number, inverted = false): number[] => {
  const out = new Uint32Array(values.length);
  const picture = { columns: values.length, rows: 1, values, colours: undefined, least: Math.min(...values), greatest: Math.max(...values), whole: true };
  greys(out, { picture, range: { lower, upper }, inverted });
  return [...out].map((pixel) => pixel & 255);
};

it.each([Int16Array, Float32Array])('shows the window from black to white, and what is beyond as its ends', (Kind) => {
  expect(levels(Kind.of(-1000, 0, 40, 80, 3000), 0, 80)).toEqual([0, 0, 128, 255, 255]);
});

it('turns black and white for images that are stored so', () => {
  expect(levels(Int16Array.of(0, 80), 0, 80, true)).toEqual([255, 0]);
});
