/** From the bytes of a frame to what a pane shows: values in the modality's unit, or colours. */
import { codecOf, decompress, type Frame } from './codecs';
import { type Format, isColour, type Palette } from './format';
import { runLengths, uncompressed } from './native';

export interface Picture {
  columns: number; // of what was decoded, which may be of reduced resolution
  rows: number;
  values: Int16Array | Uint16Array | Float32Array | undefined; // rows x columns
  colours: Uint8ClampedArray | undefined; // rows x columns x RGBA
  least: number; // of the values
  greatest: number;
}

const UNCOMPRESSED = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.1.99'];
const RUN_LENGTHS = '1.2.840.10008.1.2.5';
const JPEG_LOSSLESS = ['1.2.840.10008.1.2.4.57', '1.2.840.10008.1.2.4.70'];
const JPEG_OF_COLOURS = ['1.2.840.10008.1.2.4.50', '1.2.840.10008.1.2.4.51']; // its decoder gives RGB

/** Decodes a frame, or its beginning with `levels` decompositions of the resolution left out. */
export async function decode(bytes: Uint8Array, transferSyntax: string, format: Format, levels: number): Promise<Picture> {
  const frame = await samplesOf(bytes, transferSyntax, format, levels);
  if (frame.samples.length < frame.rows * frame.columns * frame.components) throw new Error('pixels are missing');
  if (!isColour(format)) return inUnit(frame, format);
  const photometric = JPEG_OF_COLOURS.includes(transferSyntax) ? 'RGB' : format.photometric;
  return inColour(frame, photometric, format.palette);
}

async function samplesOf(bytes: Uint8Array, transferSyntax: string, format: Format, levels: number): Promise<Frame> {
  const codec = codecOf(transferSyntax);
  if (codec) return decompress(codec, bytes, levels);
  if (UNCOMPRESSED.includes(transferSyntax)) return uncompressed(bytes, format);
  if (transferSyntax === RUN_LENGTHS) return runLengths(bytes, format);
  if (JPEG_LOSSLESS.includes(transferSyntax)) return jpegLossless(bytes, format);
  throw new Error(`no decoder for transfer syntax ${transferSyntax}`);
}

async function jpegLossless(bytes: Uint8Array, format: Format): Promise<Frame> {
  const { Decoder } = await import('@cornerstonejs/jpeg-lossless-decoder-js');
  const whole = bytes.slice();
  const { buffer } = new Decoder().decode(whole.buffer, 0, whole.length, format.bitsAllocated <= 8 ? 1 : 2);
  return uncompressed(new Uint8Array(buffer), { ...format, planar: false });
}

/** Stored values to the modality's unit, HU for CT: slope * stored + intercept (PS3.3 C.11.1.1.2). */
function inUnit({ samples, rows, columns, components }: Frame, { slope, intercept, bitsStored, signed }: Format): Picture {
  const pixels = rows * columns;
  const shift = signed ? 32 - Math.min(32, Math.max(1, bitsStored)) : 0; // the sign is the highest of the bits stored
  const out = new Float32Array(pixels);
  let [least, greatest] = [Infinity, -Infinity];
  for (let at = 0; at < pixels; at++) {
    const value = (signed ? (samples[at * components]! << shift) >> shift : samples[at * components]!) * slope + intercept;
    out[at] = value;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  const whole = Number.isInteger(slope) && Number.isInteger(intercept);
  const values = whole ? narrow(out, least, greatest) : out;
  return { rows, columns, values, colours: undefined, least, greatest };
}

function narrow(values: Float32Array, least: number, greatest: number): Picture['values'] {
  if (least >= -32768 && greatest <= 32767) return Int16Array.from(values);
  return least >= 0 && greatest <= 65535 ? Uint16Array.from(values) : values;
}

function inColour({ samples, rows, columns, components }: Frame, photometric: string, palette: Palette | undefined): Picture {
  const colours = new Uint8ClampedArray(rows * columns * 4).fill(255);
  for (let at = 0; at < rows * columns; at++) {
    const [a, b, c] = [samples[at * components]!, samples[at * components + 1]!, samples[at * components + 2]!];
    if (photometric === 'PALETTE COLOR') fromPalette(colours, at * 4, a, palette);
    else if (photometric.startsWith('YBR_FULL')) fromYbr(colours, at * 4, a, b, c);
    else [colours[at * 4], colours[at * 4 + 1], colours[at * 4 + 2]] = [a, b, c];
  }
  return { rows, columns, values: undefined, colours, least: 0, greatest: 255 };
}

function fromPalette(out: Uint8ClampedArray, at: number, value: number, palette: Palette | undefined): void {
  if (!palette) throw new Error('a colour table is missing');
  const entry = Math.min(Math.max(value - palette.first, 0), palette.red.length - 1);
  [out[at], out[at + 1], out[at + 2]] = [palette.red[entry]!, palette.green[entry]!, palette.blue[entry]!];
}

/** PS3.3 C.7.6.3.1.2. */
function fromYbr(out: Uint8ClampedArray, at: number, y: number, blue: number, red: number): void {
  out[at] = y + 1.402 * (red - 128);
  out[at + 1] = y - 0.34414 * (blue - 128) - 0.71414 * (red - 128);
  out[at + 2] = y + 1.772 * (blue - 128);
}
