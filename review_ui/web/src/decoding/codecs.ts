/** The WebAssembly decoders of compressed frames; all but that of our own HTJ2K are fetched when a frame needs them. */
import openjph from '@cornerstonejs/codec-openjph/wasmjs';
import openjphWasm from '@cornerstonejs/codec-openjph/wasm?url';

export interface Frame {
  samples: Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array; // of a pixel side by side
  columns: number;
  rows: number;
  components: number;
}

/** What every one of the decoders offers. */
interface Decoder {
  getEncodedBuffer(bytes: number): Uint8Array;
  decode(): void;
  decodeSubResolution(decompositionsLeftOut: number): void;
  getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number; isSigned?: boolean };
  getDecodedBuffer(): Uint8Array;
  delete(): void;
}

type Factory = (options: { locateFile: (name: string) => string }) => Promise<Record<string, new () => Decoder>>;
type Loaded = [{ default: Factory }, { default: string }];

interface Codec {
  load: () => Promise<Loaded>;
  decoder: string;
}

const HTJ2K: Codec = {
  load: () => Promise.resolve([{ default: openjph }, { default: openjphWasm }]),
  decoder: 'HTJ2KDecoder',
};
const J2K: Codec = {
  load: () => Promise.all([import('@cornerstonejs/codec-openjpeg/decodewasmjs'), import('@cornerstonejs/codec-openjpeg/decodewasm?url')]),
  decoder: 'J2KDecoder',
};
const JPEG_LS: Codec = {
  load: () => Promise.all([import('@cornerstonejs/codec-charls/decodewasmjs'), import('@cornerstonejs/codec-charls/decodewasm?url')]),
  decoder: 'JpegLSDecoder',
};
const JPEG: Codec = {
  load: () =>
    Promise.all([
      import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs'),
      import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm?url'),
    ]),
  decoder: 'JPEGDecoder',
};

const JPEG_XL: Codec = {
  load: () => Promise.all([import('@cornerstonejs/codec-libjxl/decodewasmjs'), import('@cornerstonejs/codec-libjxl/decodewasm?url')]),
  decoder: 'JpegXLDecoder',
};

/** By transfer syntax (PS3.6 table A-1, below 1.2.840.10008.1.2.4). */
const CODECS: Readonly<Record<string, Codec>> = {
  '50': JPEG, '51': JPEG, '80': JPEG_LS, '81': JPEG_LS, '90': J2K, '91': J2K,
  '110': JPEG_XL, '111': JPEG_XL, '112': JPEG_XL, '201': HTJ2K, '202': HTJ2K, '203': HTJ2K,
}; // prettier-ignore
const COMPRESSED = '1.2.840.10008.1.2.4.';

const started = new Map<Codec, ReturnType<Factory>>();

export const codecOf = (transferSyntax: string): Codec | undefined =>
  transferSyntax.startsWith(COMPRESSED) ? CODECS[transferSyntax.slice(COMPRESSED.length)] : undefined;

/** Fetches and compiles a decoder, once. */
export function start(codec: Codec = HTJ2K): ReturnType<Factory> {
  const known = started.get(codec);
  if (known) return known;
  const made = codec.load().then(([factory, wasm]) => factory.default({ locateFile: () => wasm.default }));
  started.set(codec, made);
  made.catch(() => started.delete(codec)); // the next frame tries again
  return made;
}

/** Decodes a frame; with `levels` decompositions left out, where the codec knows such, it comes that much smaller. */
export async function decompress(codec: Codec, bytes: Uint8Array, levels: number): Promise<Frame> {
  const decoder = new (await start(codec))[codec.decoder]!();
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    if (codec === HTJ2K) decoder.decodeSubResolution(levels);
    else decoder.decode();
    const { width, height, bitsPerSample, componentCount, isSigned = false } = decoder.getFrameInfo();
    const left = codec === HTJ2K ? levels : 0;
    return {
      samples: typed(decoder.getDecodedBuffer().slice(), bitsPerSample, isSigned),
      columns: smaller(width, left),
      rows: smaller(height, left),
      components: componentCount,
    };
  } finally {
    decoder.delete();
  }
}

/** Each decomposition halves a side, rounded up. */
const smaller = (side: number, levels: number): number => Math.ceil(side / 2 ** levels);

function typed({ buffer }: Uint8Array, bits: number, signed: boolean): Frame['samples'] {
  if (bits > 8) return signed ? new Int16Array(buffer) : new Uint16Array(buffer);
  return signed ? new Int8Array(buffer) : new Uint8Array(buffer);
}
