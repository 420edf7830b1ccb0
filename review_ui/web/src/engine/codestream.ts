/** Where the resolutions of a JPEG 2000 codestream end (ISO/IEC 15444-1 annex A). */

const SOC = 0xff4f;
const COD = 0xff52;
const TLM = 0xff55;
const SOT = 0xff90;

/**
 * How many bytes hold the picture with `levels` decompositions left out, when each resolution is a tile-part of its
 * own, in order, and the header tells their lengths; undefined otherwise, or while the header has not all come.
 */
export function bytesWithout(levels: number, bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== SOC) return undefined;
  const parts: number[] = [];
  let resolutions = 0;
  for (let at = 2; at + 4 <= bytes.length; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker === SOT) return endOf(at, parts, resolutions - levels, resolutions);
    if (at + 2 + view.getUint16(at + 2) > bytes.length) return undefined;
    if (marker === COD) resolutions = view.getUint8(at + 9) + 1; // SPcod: number of decomposition levels
    if (marker === TLM) parts.push(...lengthsIn(view, at));
  }
  return undefined;
}

function endOf(begin: number, parts: readonly number[], wanted: number, resolutions: number): number | undefined {
  if (parts.length !== resolutions || wanted < 1) return undefined;
  return parts.slice(0, wanted).reduce((sum, length) => sum + length, begin);
}

function lengthsIn(view: DataView, at: number): number[] {
  const kind = view.getUint8(at + 5); // Stlm
  const [indexBytes, lengthBytes] = [(kind >> 4) & 3, kind & 0x40 ? 4 : 2];
  const end = at + 2 + view.getUint16(at + 2);
  const lengths: number[] = [];
  for (let entry = at + 6; entry + indexBytes + lengthBytes <= end; entry += indexBytes + lengthBytes) {
    const place = entry + indexBytes;
    lengths.push(lengthBytes === 4 ? view.getUint32(place) : view.getUint16(place));
  }
  return lengths;
}
