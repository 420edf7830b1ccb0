import { expect, it } from 'vitest';
import type { DataSet } from '../dicom/dataset';
import { decode } from './decode';
import { type Format, formatOf, paletteOf } from './format';

const NATIVE = '1.2.840.10008.1.2.1';
const RUN_LENGTHS = '1.2.840.10008.1.2.5';
const format = (more: Partial<Format> = {}): Format => ({ ...formatOf({}), rows: 1, columns: 4, ...more });
const bytesOf = (words: number[]): Uint8Array => new Uint8Array(Uint16Array.from(words).buffer);
const colours = async (bytes: number[], more: Partial<Format>): Promise<number[]> =>
  [...(await decode(Uint8Array.from(bytes), NATIVE, format({ bitsAllocated: 8, bitsStored: 8, samples: 3, ...more }), 0)).colours!];

it('gives values in the unit of the modality', async () => {
  const made = await decode(bytesOf([0, 1024, 1064, 4095]), NATIVE, format({ intercept: -1024 }), 0);
  expect([...made.values!]).toEqual([-1024, 0, 40, 3071]);
  expect([made.least, made.greatest]).toEqual([-1024, 3071]);
});

it('reads the sign where it is stored, whatever stands above it', async () => {
  const made = await decode(bytesOf([0x0fff, 0xf800, 0x07ff, 0]), NATIVE, format({ signed: true, bitsStored: 12 }), 0);
  expect([...made.values!]).toEqual([-1, -2048, 2047, 0]);
});

it('keeps fractions of a slope, and values that 16 bits with a sign do not hold', async () => {
  expect((await decode(bytesOf([1, 2, 3, 4]), NATIVE, format({ slope: 0.5 }), 0)).values).toEqual(Float32Array.of(0.5, 1, 1.5, 2));
  expect((await decode(bytesOf([0, 40000, 65535, 1]), NATIVE, format(), 0)).values).toEqual(Uint16Array.of(0, 40000, 65535, 1));
});

it('begins anywhere in what came', async () => {
  const whole = new Uint8Array([9, ...bytesOf([7, 8, 9, 10])]);
  expect([...(await decode(whole.subarray(1), NATIVE, format(), 0)).values!]).toEqual([7, 8, 9, 10]);
});

it('unpacks run lengths, the upper bytes first', async () => {
  const head = new Uint8Array(new Uint32Array(16).fill(0).map((_, at) => [2, 64, 67][at] ?? 0).buffer);
  const packed = Uint8Array.from([...head, 0xfd, 1, 128, 3, 10, 20, 30, 40]); // four times 1; then 10, 20, 30, 40
  const made = await decode(packed, RUN_LENGTHS, format(), 0);
  expect([...made.values!]).toEqual([266, 276, 286, 296]);
});

it('shows colours, be they plane by plane, in luminance or shared by two pixels', async () => {
  const two = { columns: 2 };
  expect(await colours([1, 2, 3, 4, 5, 6], { ...two, photometric: 'RGB' })).toEqual([1, 2, 3, 255, 4, 5, 6, 255]);
  expect(await colours([1, 4, 2, 5, 3, 6], { ...two, photometric: 'RGB', planar: true })).toEqual([1, 2, 3, 255, 4, 5, 6, 255]);
  expect(await colours([76, 85, 255, 0, 128, 128], { ...two, photometric: 'YBR_FULL' })).toEqual([254, 0, 0, 255, 0, 0, 0, 255]);
  expect(await colours([10, 20, 128, 128], { ...two, photometric: 'YBR_FULL_422' })).toEqual([10, 10, 10, 255, 20, 20, 20, 255]);
});

it('finds the colours of a palette, in the header or beside it', async () => {
  const dataset = {
    '00281101': { vr: 'US', Value: [2, 5, 16] },
    '00281201': { vr: 'OW', InlineBinary: btoa('\x00\x10\x00\xff') },
    '00281202': { vr: 'OW', BulkDataURI: 'green' },
    '00281203': { vr: 'OW', InlineBinary: btoa('\x07\x00\x09\x00') },
  } as unknown as DataSet;
  const palette = await paletteOf(dataset, async (address) => Uint8Array.of(0, address.length, 0, 3));
  const shown = await colours([4, 5, 6, 200], { columns: 4, samples: 1, photometric: 'PALETTE COLOR', palette });
  expect(shown).toEqual([16, 5, 7, 255, 16, 5, 7, 255, 255, 3, 9, 255, 255, 3, 9, 255]);
});

it('refuses a frame that ends too early, and what it cannot decode', async () => {
  await expect(decode(bytesOf([1, 2, 3]), NATIVE, format(), 0)).rejects.toThrow('missing');
  await expect(decode(bytesOf([1]), '1.2.840.10008.1.2.4.100', format(), 0)).rejects.toThrow('no decoder');
});
