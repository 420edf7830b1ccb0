import { expect, it } from 'vitest';
import { onScreen, pixelAt, scaleBar } from './picture';

const SIZE = { rows: 100, columns: 200 };

it('goes to the screen and back, also when turned', () => {
  for (const place of [
    { origin: [10, 20], rowEnd: [410, 20], columnEnd: [10, 220] },
    { origin: [300, 0], rowEnd: [300, 200], columnEnd: [100, 10] },
  ] as const) {
    const placement = { origin: [...place.origin], rowEnd: [...place.rowEnd], columnEnd: [...place.columnEnd] } as never;
    const [column, row] = pixelAt(placement, SIZE, onScreen(placement, SIZE, [12, 34]));
    expect([column, row].map((value) => Number(value.toFixed(6)))).toEqual([12, 34]);
  }
});

it('draws a bar of a round length', () => {
  const place = { origin: [0, 0], rowEnd: [400, 0], columnEnd: [0, 400] } as never;
  expect(scaleBar(place, 200, 1, 400)).toEqual({ mm: 50, px: 100 });
  expect(scaleBar(place, 200, 0.1, 400)).toEqual({ mm: 5, px: 100 });
});
