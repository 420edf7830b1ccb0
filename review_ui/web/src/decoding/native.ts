/** Frames that no codec decodes: bytes as they are, and run lengths. */
import type { Frame } from './codecs';
import type { Format } from './format';

/** An uncompressed frame, little endian. */
export function uncompressed(bytes: Uint8Array, format: Format): Frame {
  const { rows, columns, samples: components } = format;
  if (format.photometric === 'YBR_FULL_422') return { samples: fullYbr(bytes, rows * columns), rows, columns, components };
  const samples = components > 1 && format.planar ? interleaved(words(bytes, format), components) : words(bytes, format);
  return { samples, rows, columns, components };
}

function words(bytes: Uint8Array, { bitsAllocated, signed, rows, columns }: Format): Frame['samples'] {
  if (bitsAllocated === 1) return Uint8Array.from({ length: rows * columns }, (_, at) => (bytes[at >> 3]! >> (at & 7)) & 1);
  const size = bitsAllocated / 8;
  const { buffer } = bytes.slice(); // begins at a whole number, and at the first byte
  const length = Math.floor(bytes.byteLength / size);
  if (size === 4) return new (signed ? Int32Array : Uint32Array)(buffer, 0, length);
  if (size === 2) return new (signed ? Int16Array : Uint16Array)(buffer, 0, length);
  if (size === 1) return new (signed ? Int8Array : Uint8Array)(buffer, 0, length);
  throw new Error(`pixels of ${bitsAllocated} bits`);
}

function interleaved<T extends Frame['samples']>(planes: T, components: number): T {
  const out = planes.slice() as T;
  const size = planes.length / components;
  for (let plane = 0; plane < components; plane++) {
    for (let at = 0; at < size; at++) out[at * components + plane] = planes[plane * size + at]!;
  }
  return out;
}

/** Two pixels that share their colour become two that each have it (PS3.3 C.7.6.3.1.2, YBR_FULL_422). */
function fullYbr(bytes: Uint8Array, pixels: number): Uint8Array {
  const out = new Uint8Array(pixels * 3);
  for (let at = 0; at < pixels; at++) {
    const pair = (at >> 1) * 4;
    out.set([bytes[pair + (at & 1)]!, bytes[pair + 2]!, bytes[pair + 3]!], at * 3);
  }
  return out;
}

/** RLE Lossless (PS3.5 annex G): a segment for each byte of each sample, the most significant first. */
export function runLengths(bytes: Uint8Array, format: Format): Frame {
  const { rows, columns, samples: components, bitsAllocated } = format;
  const [pixels, size] = [rows * columns, bitsAllocated / 8];
  const head = new DataView(bytes.buffer, bytes.byteOffset, 64);
  const count = head.getUint32(0, true);
  if (count !== components * size) throw new Error(`${count} segments of run lengths`);
  const out = new Uint8Array(pixels * components * size);
  for (let segment = 0; segment < count; segment++) {
    const from = head.getUint32(4 + 4 * segment, true);
    const to = segment + 1 < count ? head.getUint32(8 + 4 * segment, true) : bytes.length;
    const [sample, byte] = [Math.floor(segment / size), size - 1 - (segment % size)];
    unpack(bytes.subarray(from, to), out, sample * size + byte, components * size);
  }
  return uncompressed(out, { ...format, planar: false });
}

function unpack(packed: Uint8Array, out: Uint8Array, first: number, step: number): void {
  for (let [at, to] = [0, first]; at < packed.length && to < out.length; ) {
    const head = packed[at++]!;
    if (head === 128) continue;
    const repeats = head > 128;
    for (let left = repeats ? 257 - head : head + 1; left > 0 && to < out.length; left--, to += step) {
      out[to] = packed[repeats ? at : at++] ?? 0;
    }
    if (repeats) at += 1;
  }
}
