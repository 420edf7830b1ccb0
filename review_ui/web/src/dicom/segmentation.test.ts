import { describe, expect, it } from 'vitest';
import { parseSegmentation } from './segmentation';

/** Writes just enough explicit VR little endian to hold a segmentation. */
function element(tag: string, vr: string, value: Uint8Array): number[] {
  const [group, number] = [parseInt(tag.slice(0, 4), 16), parseInt(tag.slice(4), 16)];
  const le16 = (n: number): number[] => [n & 255, n >> 8];
  const head = [...le16(group), ...le16(number), vr.charCodeAt(0), vr.charCodeAt(1)];
  const length = value.length;
  const long = [0, 0, ...le16(length & 0xffff), ...le16(length >>> 16)];
  return [...head, ...(['OB', 'OW', 'SQ', 'UN'].includes(vr) ? long : le16(length)), ...value];
}
const ascii = (text: string): Uint8Array => {
  const even = text.length % 2 ? `${text}\0` : text;
  return Uint8Array.from(even, (char) => char.charCodeAt(0));
};
const us = (n: number): Uint8Array => Uint8Array.of(n & 255, n >> 8);
const item = (content: number[]): number[] => [0xfe, 0xff, 0x00, 0xe0, content.length & 255, content.length >> 8, 0, 0, ...content];
const sequence = (tag: string, items: number[][]): number[] => element(tag, 'SQ', Uint8Array.from(items.flatMap(item)));

function frame(uid: string, segment: number, z: number): number[] {
  return [
    ...sequence('00089124', [sequence('00082112', [element('00081155', 'UI', ascii(uid))])]),
    ...sequence('00209113', [element('00200032', 'DS', ascii(`0\\0\\${z}`))]),
    ...sequence('0062000a', [element('0062000b', 'US', us(segment))]),
  ];
}

function part10(kind: string, bits: number, pixels: Uint8Array, frames: number[][], syntax = '1.2.840.10008.1.2.1'): Uint8Array {
  const meta = element('00020010', 'UI', ascii(syntax));
  return Uint8Array.from([
    ...new Array<number>(128).fill(0),
    ...ascii('DICM'),
    ...element('00020000', 'UL', Uint8Array.of(meta.length, 0, 0, 0)),
    ...meta,
    ...element('00280010', 'US', us(3)),
    ...element('00280011', 'US', us(3)),
    ...element('00280100', 'US', us(bits)),
    ...element('00620001', 'CS', ascii(kind)),
    ...sequence('52009230', frames),
    ...element('7fe00010', 'OB', pixels),
  ]);
}

describe('parseSegmentation', () => {
  it('unpacks frames that do not begin on a byte', () => {
    // Two frames of 9 bits: bits 0 and 8 of the first, bit 1 of the second (bit 10 of all).
    const bits = (1 << 0) | (1 << 8) | (1 << 10);
    const parsed = parseSegmentation(part10('BINARY', 1, Uint8Array.of(bits & 255, bits >> 8, 0, 0), [frame('1.2', 1, 5), frame('1.3', 2, 7)]));
    expect(parsed.frames.map((f) => f.SOPInstanceUID)).toEqual(['1.2', '1.3']);
    expect([...parsed.frames[0]!.labels]).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect([...parsed.frames[1]!.labels]).toEqual([0, 2, 0, 0, 0, 0, 0, 0, 0]);
    expect(parsed.frames[1]!.position_mm).toEqual([0, 0, 7]);
  });

  it('reads a label map', () => {
    const pixels = Uint8Array.of(0, 3, 0, 0, 0, 0, 0, 0, 1, 0);
    const parsed = parseSegmentation(part10('LABELMAP', 8, pixels, [frame('1.2', 1, 0)]));
    expect([...parsed.frames[0]!.labels]).toEqual([0, 3, 0, 0, 0, 0, 0, 0, 1]);
  });

  it('says what it does not read', () => {
    const pixels = Uint8Array.of(0, 0);
    expect(() => parseSegmentation(part10('FRACTIONAL', 8, pixels, []))).toThrow('FRACTIONAL');
    expect(() => parseSegmentation(part10('BINARY', 1, pixels, [], '1.2.840.10008.1.2.5'))).toThrow('1.2.840.10008.1.2.5');
  });
});
