import { expect, it } from 'vitest';
import { Line } from './line';

function line(bytes: number, each_ms: number, pause_ms: number): boolean {
  const one = new Line();
  for (let at = 0; at < 6; at++) one.note({ bytes, from_ms: at * pause_ms, to_ms: at * pause_ms + each_ms });
  return one.slow;
}

it('knows a slow line from a fast one that rests', () => {
  expect(new Line().slow).toBe(false);
  expect(line(120_000, 200, 200)).toBe(true); // 5 Mbit/s
  expect(line(120_000, 780, 195)).toBe(true); // the same, four at once
  expect(line(120_000, 8, 9)).toBe(false);
  expect(line(120_000, 8, 2_000)).toBe(false);
});
