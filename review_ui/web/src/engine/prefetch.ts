/** Loads the slices of all panes, a few at once, in the order of `nextToLoad`. */
import { cache, Enums, imageLoader, metaData } from '@cornerstonejs/core';
import { type Lane, nextToLoad } from './order';

const AT_ONCE = 4; // of the six connections a browser allows, so that a slice asked for by hand gets one

export interface Wish {
  imageIds: readonly string[];
  around: () => number;
  rank: () => number;
  onEnd: (imageId: string, failed: boolean) => void;
}

type Fetching = Lane & Pick<Wish, 'onEnd'>;

export class Prefetcher {
  private lanes: Fetching[] = [];
  private busy = 0;

  /** Loads these slices until the function it returns is called. */
  add(wish: Wish): () => void {
    const lane: Fetching = { ...wish, left: new Set(wish.imageIds) };
    this.lanes.push(lane);
    while (this.busy < AT_ONCE && this.lanes.some(({ left }) => left.size > this.busy)) void this.run();
    return () => {
      this.lanes = this.lanes.filter((other) => other !== lane);
    };
  }

  private async run(): Promise<void> {
    this.busy += 1;
    for (let next = nextToLoad(this.lanes); next; next = nextToLoad(this.lanes)) {
      const { lane, imageId } = next;
      lane.left.delete(imageId);
      const failed = !(await loaded(imageId));
      if (this.lanes.includes(lane)) lane.onEnd(imageId, failed);
    }
    this.busy -= 1;
  }
}

async function loaded(imageId: string): Promise<boolean> {
  if (cache.getImage(imageId)) return true;
  try {
    await imageLoader.loadAndCacheImage(imageId, optionsOf(imageId));
    return true;
  } catch {
    return false; // the pane marks the slice; the others go on
  }
}

/** As a viewport asks, so that the kept image has the values the viewport would ask for. */
function optionsOf(imageId: string): Parameters<typeof imageLoader.loadAndCacheImage>[1] {
  const known = metaData.get(Enums.MetadataModules.TRANSFER_SYNTAX, imageId) as { transferSyntaxUID?: string } | undefined;
  return {
    useRGBA: false,
    transferSyntaxUID: known?.transferSyntaxUID,
    priority: 5,
    requestType: Enums.RequestType.Interaction,
    additionalDetails: { imageId },
  } as Parameters<typeof imageLoader.loadAndCacheImage>[1];
}
