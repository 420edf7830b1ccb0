/**
 * How a slice that is asked for by hand comes: first the head of its HTJ2K codestream, a quarter of
 * the resolution after a tenth of the bytes, then the rest. The frames are in RPCL order, so that
 * the head of a file is a smaller picture of the whole.
 */
import { ProgressiveRetrieveImages, utilities } from '@cornerstonejs/core';
import { TAG, text } from '../dicom/dataset';
import type { Slice } from '../dicom/slices';

const HTJ2K_RPCL = '1.2.840.10008.1.2.4.202';
const HEAD_BYTES = 13_200; // holds 128 x 128 of a 512 x 512 CT slice
const QUARTER = 2; // decompositions left out

/** What comes is of reduced resolution, unless it is the whole frame already. */
export const HEAD_OPTIONS = { rangeIndex: 0, initialChunkSize: HEAD_BYTES, chunkSize: HEAD_BYTES, decodeLevel: QUARTER };
export const REST_OPTIONS = { rangeIndex: -1 };

const HEAD_FIRST = {
  ...ProgressiveRetrieveImages.sequentialRetrieveStages,
  retrieveOptions: { default: {}, singleFast: HEAD_OPTIONS, singleFinal: REST_OPTIONS },
};

const heads = new Set<string>();

/** Whether the head of a slice is a smaller picture of it. */
export const hasHead = (imageId: string): boolean => heads.has(imageId);

/** Lets Cornerstone fetch these slices head first, where their frames allow it. */
export function headFirst(slices: readonly Slice[]): void {
  for (const { imageId, dataset } of slices) {
    if (text(dataset, TAG.AvailableTransferSyntaxUID) !== HTJ2K_RPCL) continue;
    heads.add(imageId);
    utilities.imageRetrieveMetadataProvider.add(imageId, HEAD_FIRST);
  }
}

export function headFirstNoMore(imageId: string): void {
  if (heads.delete(imageId)) utilities.imageRetrieveMetadataProvider.add(imageId, undefined);
}
