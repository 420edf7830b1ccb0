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

const HEAD_FIRST = {
  ...ProgressiveRetrieveImages.sequentialRetrieveStages,
  retrieveOptions: {
    default: {},
    singleFast: {
      rangeIndex: 0,
      initialChunkSize: HEAD_BYTES,
      chunkSize: HEAD_BYTES,
      decodeLevel: QUARTER, // unless that is the whole frame already
    },
    singleFinal: { rangeIndex: -1 },
  },
};

/** Lets Cornerstone fetch these slices head first, where their frames allow it. */
export function headFirst(slices: readonly Slice[]): void {
  for (const { imageId, dataset } of slices) {
    if (text(dataset, TAG.AvailableTransferSyntaxUID) === HTJ2K_RPCL) {
      utilities.imageRetrieveMetadataProvider.add(imageId, HEAD_FIRST);
    }
  }
}

export function headFirstNoMore(imageId: string): void {
  utilities.imageRetrieveMetadataProvider.add(imageId, undefined);
}
