import { expect, it } from 'vitest';
import { bytesWithout } from './codestream';

const COD = [0xff, 0x52, 0, 12, 0, 2, 0, 1, 0, 3, 4, 4, 0, 1]; // three decompositions: four resolutions
const TLM = [0xff, 0x55, 0, 4 + 4 * 5, 0, 0x50, ...[10, 20, 40, 300].flatMap((length) => [0, 0, 0, length >> 8, length & 255])];
const stream = (...segments: number[][]): Uint8Array => Uint8Array.from([0xff, 0x4f, ...segments.flat(), 0xff, 0x90, 0, 10]);
const begin = 2 + COD.length + TLM.length;

it('adds up the resolutions that are wanted', () => {
  expect([0, 1, 2, 3].map((levels) => bytesWithout(levels, stream(COD, TLM)))).toEqual([begin + 370, begin + 70, begin + 30, begin + 10]);
});

it('does not guess where the stream does not say, or has not come as far', () => {
  expect(bytesWithout(2, stream(COD))).toBeUndefined();
  expect(bytesWithout(4, stream(COD, TLM))).toBeUndefined();
  expect(bytesWithout(2, stream(COD, TLM).subarray(0, begin - 5))).toBeUndefined();
  expect(bytesWithout(2, Uint8Array.of(1, 2, 3, 4, 5, 6))).toBeUndefined();
});
