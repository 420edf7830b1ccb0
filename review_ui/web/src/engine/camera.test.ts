import { expect, it } from 'vitest';
import { FITTED, placed, zoomed } from './camera';

const square = { rows: 512, columns: 512, spacing_mm: { rows: 0.5, columns: 0.5 } };
const pane = { width: 800, height: 400 };

it('fills the pane without cutting anything off, and in its middle', () => {
  expect(placed(square, pane, FITTED)).toEqual({ origin: [200, 0], rowEnd: [600, 0], columnEnd: [200, 400] });
});

it('shows pixels as tall as they are in the patient', () => {
  const flat = { rows: 100, columns: 400, spacing_mm: { rows: 2, columns: 0.5 } };
  const { origin, rowEnd, columnEnd } = placed(flat, pane, FITTED);
  expect([rowEnd[0] - origin[0], columnEnd[1] - origin[1]]).toEqual([400, 400]);
});

it('keeps the point that it magnifies about where it was', () => {
  const before = placed(square, pane, { zoom: 1.5, x: 20, y: -10 });
  const after = placed(square, pane, zoomed({ zoom: 1.5, x: 20, y: -10 }, 2, pane, [300, 100]));
  const share = (place: typeof before, axis: 0 | 1, at: number): number => (at - place.origin[axis]) / (place.rowEnd[0] - place.origin[0]);
  expect(share(after, 0, 300)).toBeCloseTo(share(before, 0, 300));
  expect(share(after, 1, 100)).toBeCloseTo(share(before, 1, 100));
});
