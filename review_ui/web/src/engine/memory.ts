/** What the engine holds of slices, and giving it back. */
import { cache, Enums } from '@cornerstonejs/core';
import { wadors } from '@cornerstonejs/dicom-image-loader';
import type { Slice } from '../dicom/slices';
import { headFirst, headFirstNoMore } from './retrieve';

const DECODED_BY_MS = 30_000; // an image on its way still asks for its header

const known = new Map<string, number>(); // imageId -> how many hold it

export interface Held {
  images: number; // whose metadata is known
  seen: number; // whose picture is there, be it a small one
  whole: number;
  bytes: number; // of pixels
}

export function held(): Held {
  const all = [...known.keys()];
  const seen = all.map((imageId) => cache.getImageQuality(imageId)).filter((quality) => quality !== undefined);
  const whole = seen.filter((quality) => quality === Enums.ImageQualityStatus.FULL_RESOLUTION);
  return { images: all.length, seen: seen.length, whole: whole.length, bytes: cache.getCacheSize() };
}

/** Makes slices known to the engine; the function it returns forgets them, pixels and all, once nobody holds them. */
export function hold(slices: readonly Slice[]): () => void {
  for (const { imageId, dataset } of slices) {
    if (!known.has(imageId)) wadors.metaDataManager.add(imageId, dataset as never);
    known.set(imageId, (known.get(imageId) ?? 0) + 1);
  }
  headFirst(slices);
  let done = false;
  return () => {
    if (!done) release(slices.map(({ imageId }) => imageId));
    done = true;
  };
}

function release(imageIds: readonly string[]): void {
  for (const imageId of imageIds) {
    const holders = (known.get(imageId) ?? 1) - 1;
    if (holders > 0) known.set(imageId, holders);
    else forgetPixels(imageId);
  }
  setTimeout(() => imageIds.filter((imageId) => !known.has(imageId)).forEach(forgetHeader), DECODED_BY_MS);
}

function forgetPixels(imageId: string): void {
  known.delete(imageId);
  if (cache.getImageLoadObject(imageId) || cache.getImage(imageId)) cache.removeImageLoadObject(imageId, { force: true });
}

function forgetHeader(imageId: string): void {
  wadors.metaDataManager.remove(imageId);
  headFirstNoMore(imageId);
}
