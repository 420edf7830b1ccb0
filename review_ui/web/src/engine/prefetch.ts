/** Loads the slices of a stack one after another, those near the one on screen first. */
import { cache, imageLoader, type Types } from '@cornerstonejs/core';

const AT_ONCE = 4; // of the six connections a browser allows, so that a slice asked for by hand gets one

export interface Prefetch {
  stop(): void;
}

export function prefetch(
  viewport: Types.IStackViewport,
  imageIds: readonly string[],
  around: () => number,
  onEnd: (imageId: string, failed: boolean) => void,
): Prefetch {
  const left = new Set(imageIds);
  let stopped = false;
  const run = async (): Promise<void> => {
    for (;;) {
      const imageId = stopped ? undefined : nearest(left, imageIds, around());
      if (imageId === undefined) return;
      left.delete(imageId);
      const failed = !(await loaded(viewport, imageId));
      if (!stopped) onEnd(imageId, failed);
    }
  };
  for (let i = 0; i < AT_ONCE; i++) void run();
  return { stop: () => (stopped = true) };
}

interface OptionsOf {
  getLoaderImageOptions(imageId: string): Parameters<typeof imageLoader.loadAndCacheImage>[1];
}

async function loaded(viewport: Types.IStackViewport, imageId: string): Promise<boolean> {
  if (cache.getImage(imageId)) return true;
  try {
    // The viewport's own options, so that the kept image has the values the viewport would ask for.
    const options = (viewport as unknown as OptionsOf).getLoaderImageOptions(imageId);
    await imageLoader.loadAndCacheImage(imageId, options);
    return true;
  } catch {
    return false; // the pane marks the slice; the others go on
  }
}

function nearest(left: ReadonlySet<string>, order: readonly string[], index: number): string | undefined {
  for (let away = 0; away < order.length; away++) {
    for (const candidate of [order[index + away], order[index - away]]) {
      if (candidate !== undefined && left.has(candidate)) return candidate;
    }
  }
  return undefined;
}
