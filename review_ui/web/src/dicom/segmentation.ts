/**
 * Reads a DICOM Segmentation (PS3.3 A.51): BINARY with packed bits, or LABELMAP with one byte or two
 * per pixel. Each frame says which source image it lies on.
 */
import dicomParser, { type DataSet } from 'dicom-parser';

export interface MaskFrame {
  SOPInstanceUID: string; // of the source image; empty when the frame does not say
  sourceFrame: number; // from 1
  position_mm: readonly number[]; // ImagePositionPatient of the frame; empty when unknown
  labels: Uint8Array; // rows x columns, 0 where nothing is
}

export interface Segmentation {
  rows: number;
  columns: number;
  frames: MaskFrame[];
}

const NATIVE = new Set(['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.1.99']);

export function parseSegmentation(part10: Uint8Array): Segmentation {
  const dataset = dicomParser.parseDicom(part10);
  const [rows, columns] = [dataset.uint16('x00280010') ?? 0, dataset.uint16('x00280011') ?? 0];
  const kind = dataset.string('x00620001') ?? '';
  const labelsOf = reader(dataset, kind, rows * columns);
  const groups = dataset.elements['x52009230']?.items ?? [];
  const frames = groups.flatMap((item, index) => (item.dataSet ? [frameOf(item.dataSet, labelsOf, index)] : []));
  return { rows, columns, frames };
}

type Reader = (frame: number, segment: number) => Uint8Array;

function reader(dataset: DataSet, kind: string, size: number): Reader {
  const element = dataset.elements['x7fe00010'];
  const syntax = dataset.string('x00020010') ?? '';
  if (!element || !NATIVE.has(syntax)) throw new Error(`segmentation pixels in transfer syntax ${syntax} are not read`);
  const bytes = dataset.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
  const bits = dataset.uint16('x00280100') ?? 1;
  if (kind === 'BINARY' && bits === 1) return (frame, segment) => unpacked(bytes, frame * size, size, segment);
  if (kind === 'LABELMAP' && bits === 8) return (frame) => Uint8Array.from(bytes.subarray(frame * size, (frame + 1) * size));
  throw new Error(`a segmentation of type ${kind} with ${bits} bits is not read`);
}

/** Bits are packed from the lowest of each byte, and frames follow without padding (PS3.5 8.1.1). */
function unpacked(bytes: Uint8Array, firstBit: number, size: number, label: number): Uint8Array {
  const labels = new Uint8Array(size);
  for (let pixel = 0; pixel < size; pixel++) {
    const bit = firstBit + pixel;
    if ((bytes[bit >> 3]! >> (bit & 7)) & 1) labels[pixel] = label;
  }
  return labels;
}

function frameOf(groups: DataSet, labelsOf: Reader, index: number): MaskFrame {
  const source = inside(inside(groups, 'x00089124'), 'x00082112'); // DerivationImage, SourceImage sequences
  const segment = inside(groups, 'x0062000a')?.uint16('x0062000b') ?? 1;
  const position = inside(groups, 'x00209113')?.string('x00200032') ?? '';
  return {
    SOPInstanceUID: source?.string('x00081155') ?? '',
    sourceFrame: source?.intString('x00081160') ?? 1,
    position_mm: position ? position.split('\\').map(Number) : [],
    labels: labelsOf(index, segment),
  };
}

function inside(dataset: DataSet | undefined, sequence: string): DataSet | undefined {
  return dataset?.elements[sequence]?.items?.[0]?.dataSet;
}
