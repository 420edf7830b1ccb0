/** Cuts of a stack's volume as slices of their own, made when they are asked for. */
import { type Cut, cutsOf, greatestOn, labelsOn, type PlaneName, valuesOn } from '../dicom/cuts';
import { type DataSet, TAG } from '../dicom/dataset';
import { dot, normalOf } from '../dicom/geometry';
import type { Slice } from '../dicom/slices';
import { type Body, bodyOf, type WhyNot } from '../dicom/volume';
import type { Shown } from './images';

const SCHEME = 'cut:';

/** The lesion labels of a slice, rows x columns, 0 where nothing is. */
export type LabelsOf = (slice: Slice) => Uint8Array | undefined;

export interface Cutting {
  slices: readonly Slice[];
  tilt_degrees: number;
  labels(labelsOf: LabelsOf): LabelsOf; // of the stack's slices, carried to the cuts
  end(): void;
}

interface Made {
  body: Body;
  values: ArrayLike<number>[];
  cut: Cut;
  slab_mm: number;
  drawn?: Shown;
}

const AIR_HU = -1024;
const MOST_DRAWN = 40; // kept of the cuts looked at last
const made = new Map<string, Made>();
const drawn: string[] = [];
let serial = 0;

export const isCut = (imageId: string): boolean => imageId.startsWith(SCHEME);

/** Cuts the volume of a stack once `allValues` has its slices' values; says why when it cannot. */
export async function cutAlong(
  stack: readonly Slice[],
  plane: PlaneName,
  slab_mm: number,
  allValues: (slices: readonly Slice[]) => Promise<ArrayLike<number>[] | undefined>,
): Promise<Cutting | WhyNot | 'failed'> {
  const body = bodyOf(stack);
  if (typeof body === 'string') return body;
  const values = await allValues(body.slices);
  if (!values) return 'failed';
  const slices = cutSlices(body, values, plane, slab_mm);
  return {
    slices,
    tilt_degrees: body.tilt_degrees,
    labels: (labelsOf) => labelsFor(body, labelsOf, slab_mm),
    end: () => slices.forEach(({ imageId }) => made.delete(imageId)),
  };
}

function cutSlices(body: Body, values: ArrayLike<number>[], plane: PlaneName, slab_mm: number): Slice[] {
  const group = (serial += 1);
  return cutsOf(body, plane).map((cut, at) => {
    const imageId = `${SCHEME}${group}/${at}`;
    made.set(imageId, { body, values, cut, slab_mm });
    return sliceOf(imageId, cut, body.slices[Math.floor(body.slices.length / 2)]!);
  });
}

function sliceOf(imageId: string, cut: Cut, source: Slice): Slice {
  const plane = { row: cut.row, column: cut.column, position_mm: cut.position_mm };
  return {
    ...source,
    imageId,
    SOPInstanceUID: '',
    frame: 1,
    dataset: datasetOf(cut, source.dataset),
    plane,
    position_mm: dot(cut.position_mm, normalOf(plane)),
    spacing_mm: cut.spacing_mm,
    rows: cut.rows,
    columns: cut.columns,
  };
}

/** The source's own header, which names the patient, with the geometry of the cut and values as they are. */
function datasetOf(cut: Cut, source: DataSet): DataSet {
  const {
    '00281052': _intercept, '00281053': _slope, [TAG.AvailableTransferSyntaxUID]: _syntax, ...kept
  } = source; // prettier-ignore
  const numbers = (vr: string, ...Value: number[]): DataSet[string] => ({ vr, Value });
  return {
    ...kept,
    [TAG.Rows]: numbers('US', cut.rows),
    [TAG.Columns]: numbers('US', cut.columns),
    [TAG.PixelSpacing]: numbers('DS', cut.spacing_mm.rows, cut.spacing_mm.columns),
    [TAG.ImagePositionPatient]: numbers('DS', ...cut.position_mm),
    [TAG.ImageOrientationPatient]: numbers('DS', ...cut.row, ...cut.column),
    '00280100': numbers('US', 16),
    '00280101': numbers('US', 16),
    '00280102': numbers('US', 15),
    '00280103': numbers('US', 1),
  };
}

function labelsFor(body: Body, labelsOf: LabelsOf, slab_mm: number): LabelsOf {
  const labels = body.slices.map(labelsOf);
  if (!labels.some(Boolean)) return () => undefined;
  return (slice) => {
    const one = made.get(slice.imageId);
    return one && labelsOn(body, labels, one.cut, slab_mm);
  };
}

/** The picture of a cut; undefined once its volume was given back. */
export function drawCut(imageId: string): Shown | undefined {
  const one = made.get(imageId);
  if (!one || one.drawn) return one?.drawn;
  one.drawn = pictureOf(one);
  drawn.push(imageId);
  if (drawn.length > MOST_DRAWN) delete made.get(drawn.shift()!)?.drawn;
  return one.drawn;
}

function pictureOf({ body, values, cut, slab_mm }: Made): Shown {
  const outside = Math.min(0, Math.max(AIR_HU, lowest(values)));
  const found = slab_mm > 0 ? greatestOn(body, values, cut, outside, slab_mm) : valuesOn(body, values, cut, outside);
  const pixels = values[0] instanceof Float32Array ? found : Int16Array.from(found, Math.round);
  return { columns: cut.columns, rows: cut.rows, values: pixels, colours: undefined, ...range(pixels), whole: true };
}

function lowest(values: readonly ArrayLike<number>[]): number {
  return Math.min(...values.map((one) => one[0] ?? 0)); // a corner of each slice: air, or nothing
}

function range(pixels: ArrayLike<number>): { least: number; greatest: number } {
  let [least, greatest] = [Infinity, -Infinity];
  for (let at = 0; at < pixels.length; at++) {
    const value = pixels[at]!;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return { least, greatest };
}
