import { describe, expect, it } from 'vitest';
import { cutsOf, greatestOn, labelsOn, valuesOn } from './cuts';
import type { Vector } from './geometry';
import type { Slice } from './slices';
import { patientOf, pixelOf } from './space';
import { bodyOf, type Body } from './volume';

const RADIANS = Math.PI / 180;

/** A stack of slices whose values are `f` of the patient's point; the gantry may be tilted about the x axis. */
function stack(f: (p: Vector) => number, { tilt = 0, steps = Array<number>(9).fill(3), size = 20 } = {}): { slices: Slice[]; values: Float32Array[] } {
  const [c, s] = [Math.cos(tilt * RADIANS), Math.sin(tilt * RADIANS)];
  const heights = steps.reduce<number[]>((all, step) => [...all, all.at(-1)! + step], [0]);
  const slices = heights.map((z, k): Slice => ({
    imageId: `k${k}`,
    SOPInstanceUID: `${k}`,
    frame: 1,
    dataset: {},
    plane: { row: [1, 0, 0], column: [0, c, s], position_mm: [-10, -10, z] },
    position_mm: z,
    spacing_mm: { rows: 1, columns: 1 },
    FrameOfReferenceUID: '1',
    rows: size,
    columns: size,
  }));
  const values = slices.map((slice) => {
    const pixels = new Float32Array(size * size);
    for (let j = 0; j < size; j++) for (let i = 0; i < size; i++) pixels[j * size + i] = f(patientOf(slice as never, [i, j]));
    return pixels;
  });
  return { slices, values };
}

const ramp = ([x, y, z]: Vector): number => 2 * x - y + 3 * z;

function worst(body: Body, values: readonly Float32Array[], plane: 'axial' | 'coronal' | 'sagittal'): { seen: number; worst: number } {
  let [seen, off] = [0, 0];
  for (const cut of cutsOf(body, plane)) {
    valuesOn(body, values, cut, NaN).forEach((value, at) => {
      const point = patientOf({ ...cut, plane: cut } as never, [at % cut.columns, Math.floor(at / cut.columns)]);
      const within = (slice: (typeof body.slices)[number]): boolean =>
        pixelOf(slice, point).pixel.every((at, axis) => at >= 0 && at <= (axis ? slice.rows : slice.columns) - 1);
      const inside = body.slices.some((slice, k) => {
        const beyond = body.slices[k + 1];
        if (!beyond || pixelOf(slice, point).off_mm < 0 || pixelOf(beyond, point).off_mm > 0) return false;
        return within(slice) && within(beyond);
      });
      if (Number.isNaN(value) || !inside) return;
      seen += 1;
      off = Math.max(off, Math.abs(value - ramp(point)));
    });
  }
  return { seen, worst: off };
}

describe('cuts along the patient', () => {
  for (const [name, more] of Object.entries({
    'of an upright stack': {},
    'of a tilted gantry': { tilt: 18.5 },
    'of uneven steps': { steps: [2, 2, 2, 4, 4, 4] },
  })) {
    it(`give back a linear picture exactly, ${name}`, () => {
      const { slices, values } = stack(ramp, more);
      const body = bodyOf(slices) as Body;
      for (const plane of ['axial', 'coronal', 'sagittal'] as const) {
        const { seen, worst: off } = worst(body, values, plane);
        expect(seen).toBeGreaterThan(1000);
        expect(off).toBeLessThan(1e-3);
      }
    });
  }

  it('put the head upwards and the right on the left', () => {
    const { slices, values } = stack(([x, , z]) => (x > 5 && z > 20 ? 100 : 0));
    const body = bodyOf(slices) as Body;
    const cut = cutsOf(body, 'coronal')[10]!;
    const picture = valuesOn(body, values, cut, 0);
    expect(picture[cut.columns - 1]).toBe(100); // top right of the screen is the upper left of the patient
    expect(picture[0]).toBe(0);
  });

  it('show the brightest of a slab', () => {
    const { slices, values } = stack(([x, y, z]) => (x === 0 && y === 3 && z === 12 ? 500 : 10));
    const body = bodyOf(slices) as Body;
    const far = cutsOf(body, 'coronal').find((cut) => cut.position_mm[1] === -3)!;
    const at = 12 * 0 + (27 - 12) * far.columns + 10;
    expect(valuesOn(body, values, far, 0)[at]).toBe(10);
    expect(greatestOn(body, values, far, 0, 4)[at]).toBe(10);
    expect(greatestOn(body, values, far, 0, 14)[at]).toBe(500);
  });

  it('carry labels to the cut', () => {
    const { slices, values } = stack(([, y]) => (y === 3 ? 2 : 0));
    const body = bodyOf(slices) as Body;
    const labels = values.map((one) => Uint8Array.from(one));
    const cut = cutsOf(body, 'coronal').find(({ position_mm }) => position_mm[1] === 3)!;
    expect(new Set(labelsOn(body, labels, cut, 0))).toEqual(new Set([2]));
  });
});

describe('a stack that is no volume says why', () => {
  const flat = (more: object): Slice[] => stack(() => 0, more).slices;
  const changed = (change: (slice: Slice, k: number) => Slice): Slice[] => flat({}).map(change);
  it.each([
    ['few', flat({ steps: [3, 3] })],
    ['gap', flat({ steps: [3, 3, 3, 12, 3, 3, 3] })],
    ['noposition', changed((slice, k) => (k === 2 ? { ...slice, plane: undefined } : slice))],
    ['matrix', changed((slice, k) => (k === 2 ? { ...slice, rows: 10 } : slice))],
    ['repeated', changed((slice, k) => (k === 2 ? { ...slice, plane: { ...slice.plane!, position_mm: [-10, -10, 3] } } : slice))],
    ['offline', changed((slice, k) => (k === 4 ? { ...slice, plane: { ...slice.plane!, position_mm: [-10, 0, 12] } } : slice))],
    ['orientation', changed((slice, k) => (k === 4 ? { ...slice, plane: { ...slice.plane!, row: [0.96, 0.28, 0], column: [-0.28, 0.96, 0] } } : slice))],
  ])('%s', (why, slices) => {
    expect(bodyOf(slices)).toBe(why);
  });

  it('but a tilted one is one, and says by how much', () => {
    expect((bodyOf(flat({ tilt: 18.5 })) as Body).tilt_degrees).toBeCloseTo(18.5, 3);
    expect((bodyOf(flat({})) as Body).tilt_degrees).toBe(0);
  });
});
