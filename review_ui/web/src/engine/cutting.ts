/** Cuts of a stack's volume as slices of their own, made when they are asked for. */
import { cache, Enums, type Types, utilities } from '@cornerstonejs/core';
import { type Cut, cutsOf, greatestOn, labelsOn, type PlaneName, valuesOn } from '../dicom/cuts';
import { type DataSet, TAG } from '../dicom/dataset';
import { dot, normalOf } from '../dicom/geometry';
import type { Slice } from '../dicom/slices';
import { type Body, bodyOf, type WhyNot } from '../dicom/volume';
import { hold } from './memory';
import type { LabelsOf } from './pane';
import type { Prefetcher } from './prefetch';

export const SCHEME = 'cut';

export interface Cutting {
  slices: readonly Slice[];
  tilt_degrees: number;
  labels(labelsOf: LabelsOf): LabelsOf; // of the stack's slices, carried to the cuts
  end(): void;
}

export interface CutWish {
  plane: PlaneName;
  slab_mm: number;
  rank: () => number;
  onLoaded: (imageId: string, failed: boolean) => void;
}

interface Made {
  body: Body;
  values: ArrayLike<number>[];
  cut: Cut;
  slab_mm: number;
}

const { FULL_RESOLUTION } = Enums.ImageQualityStatus;
const AIR_HU = -1024;
const made = new Map<string, Made>();
let serial = 0;

/** Waits for all slices of a stack and cuts its volume; says why when it cannot. */
export async function cutAlong(stack: readonly Slice[], wish: CutWish, prefetcher: Prefetcher): Promise<Cutting | WhyNot | 'failed'> {
  const body = bodyOf(stack);
  if (typeof body === 'string') return body;
  const release = hold(stack);
  const values = await allValues(body.slices, wish, prefetcher);
  if (!values) {
    release();
    return 'failed';
  }
  const slices = cutSlices(body, values, wish);
  return {
    slices,
    tilt_degrees: body.tilt_degrees,
    labels: (labelsOf) => labelsFor(body, labelsOf, wish.slab_mm),
    end: () => {
      slices.forEach(({ imageId }) => made.delete(imageId));
      release();
    },
  };
}

function allValues(slices: readonly Slice[], wish: CutWish, prefetcher: Prefetcher): Promise<ArrayLike<number>[] | undefined> {
  const values = new Map<string, ArrayLike<number>>();
  return new Promise((resolve) => {
    const stop = prefetcher.add({
      imageIds: slices.map(({ imageId }) => imageId),
      around: () => Math.floor(slices.length / 2),
      rank: wish.rank,
      onEnd: (imageId, failed) => {
        wish.onLoaded(imageId, failed);
        const found = failed ? undefined : cache.getImage(imageId, FULL_RESOLUTION)?.voxelManager?.getScalarData();
        if (found) values.set(imageId, found as ArrayLike<number>);
        if (found && values.size < slices.length) return;
        stop();
        resolve(found && slices.map((slice) => values.get(slice.imageId)!));
      },
    });
  });
}

function cutSlices(body: Body, values: ArrayLike<number>[], { plane, slab_mm }: CutWish): Slice[] {
  const group = (serial += 1);
  return cutsOf(body, plane).map((cut, at) => {
    const imageId = `${SCHEME}:${group}/${at}`;
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

/** The image loader of the engine for cuts. */
export function loadCut(imageId: string): { promise: Promise<Types.IImage> } {
  const one = made.get(imageId);
  return { promise: one ? Promise.resolve(imageOf(imageId, one)) : Promise.reject(new Error('this cut is gone')) };
}

function imageOf(imageId: string, { body, values, cut, slab_mm }: Made): Types.IImage {
  const outside = Math.min(0, Math.max(AIR_HU, lowest(values)));
  const found = slab_mm > 0 ? greatestOn(body, values, cut, outside, slab_mm) : valuesOn(body, values, cut, outside);
  const pixels = values[0] instanceof Float32Array ? found : Int16Array.from(found, Math.round);
  const { min, max } = range(pixels);
  const { columns: width, rows: height, spacing_mm } = cut;
  const voxelManager = utilities.VoxelManager.createImageVoxelManager({ scalarData: pixels, width, height, numberOfComponents: 1 });
  return {
    imageId,
    dataType: pixels.constructor.name as Types.PixelDataTypedArrayString,
    color: false,
    rgba: false,
    numberOfComponents: 1,
    rows: height,
    columns: width,
    width,
    height,
    rowPixelSpacing: spacing_mm.rows,
    columnPixelSpacing: spacing_mm.columns,
    slope: 1,
    intercept: 0,
    preScale: { enabled: true, scaled: true, scalingParameters: { rescaleSlope: 1, rescaleIntercept: 0 } },
    isPreScaled: true,
    invert: false,
    minPixelValue: min,
    maxPixelValue: max,
    windowCenter: (min + max) / 2,
    windowWidth: max - min || 1,
    voiLUTFunction: 'LINEAR' as Types.IImage['voiLUTFunction'],
    sizeInBytes: pixels.byteLength,
    voxelManager: voxelManager as Types.IVoxelManager<number>,
    getPixelData: () => pixels,
    getCanvas: () => undefined as never,
  };
}

function lowest(values: readonly ArrayLike<number>[]): number {
  return Math.min(...values.map((one) => one[0] ?? 0)); // a corner of each slice: air, or nothing
}

function range(pixels: ArrayLike<number>): { min: number; max: number } {
  let [min, max] = [Infinity, -Infinity];
  for (let at = 0; at < pixels.length; at++) {
    const value = pixels[at]!;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}
