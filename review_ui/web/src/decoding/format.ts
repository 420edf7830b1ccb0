/** How the pixels of a frame are written, from its header (Image Pixel module, PS3.3 C.7.6.3). */
import { type DataSet, numberOf, numbers, text } from '../dicom/dataset';

export interface Format {
  rows: number;
  columns: number;
  samples: number; // of a pixel
  photometric: string;
  planar: boolean;
  bitsAllocated: number;
  bitsStored: number;
  signed: boolean;
  slope: number;
  intercept: number;
  palette: Palette | undefined;
}

/** A colour for each value from `first` on. */
export interface Palette {
  first: number;
  red: Uint8Array;
  green: Uint8Array;
  blue: Uint8Array;
}

const COLOURS = ['RGB', 'YBR_FULL', 'YBR_FULL_422', 'YBR_PARTIAL_420', 'YBR_ICT', 'YBR_RCT', 'PALETTE COLOR'];

export const isColour = ({ photometric }: Pick<Format, 'photometric'>): boolean => COLOURS.includes(photometric);

export function formatOf(dataset: DataSet): Format {
  const one = (tag: string, otherwise: number): number => numberOf(dataset, tag) ?? otherwise;
  const bitsAllocated = one('00280100', 16);
  return {
    rows: one('00280010', 0),
    columns: one('00280011', 0),
    samples: one('00280002', 1),
    photometric: text(dataset, '00280004') || 'MONOCHROME2',
    planar: one('00280006', 0) === 1,
    bitsAllocated,
    bitsStored: one('00280101', bitsAllocated),
    signed: one('00280103', 0) === 1,
    slope: one('00281053', 1) || 1,
    intercept: one('00281052', 0),
    palette: undefined,
  };
}

type Binary = { InlineBinary?: string; BulkDataURI?: string } | undefined;

/** The palette of a PALETTE COLOR image (PS3.3 C.7.9); `read` fetches a table that is not in the header. */
export async function paletteOf(dataset: DataSet, read: (address: string) => Promise<Uint8Array>): Promise<Palette> {
  const [, first = 0, bits = 16] = numbers(dataset, '00281101');
  const table = async (tag: string): Promise<Uint8Array> => {
    const element = dataset[tag] as Binary;
    if (element?.InlineBinary) return eightBits(fromBase64(element.InlineBinary), bits);
    if (element?.BulkDataURI) return eightBits(await read(element.BulkDataURI), bits);
    throw new Error('a colour table is missing');
  };
  const [red, green, blue] = await Promise.all(['00281201', '00281202', '00281203'].map(table));
  return { first, red: red!, green: green!, blue: blue! };
}

/** Entries of 16 bits hold the colour in their upper byte, unless none of them needs it. */
function eightBits(bytes: Uint8Array, bits: number): Uint8Array {
  if (bits <= 8) return bytes;
  const entries = new Uint16Array(bytes.slice().buffer);
  const shift = entries.some((entry) => entry > 255) ? 8 : 0;
  return Uint8Array.from(entries, (entry) => entry >> shift);
}

const fromBase64 = (coded: string): Uint8Array => Uint8Array.from(atob(coded), (letter) => letter.charCodeAt(0));
