/** Loads the slices of all panes, a few at once, in the order of `nextToLoad`. */
import { cache, Enums, imageLoader, metaData } from '@cornerstonejs/core';
import { Line } from './line';
import { type Lane, nextToLoad, type Part } from './order';
import { hasHead, HEAD_OPTIONS, REST_OPTIONS } from './retrieve';

const AT_ONCE = 4; // of the six connections a browser allows, so that a slice asked for by hand gets one

export interface Wish {
  imageIds: readonly string[];
  around: () => number;
  rank: () => number;
  onEnd: (imageId: string, failed: boolean) => void;
}

type Fetching = Lane & Pick<Wish, 'onEnd'>;
type Options = Record<string, unknown>;

const { FULL_RESOLUTION } = Enums.ImageQualityStatus;

export class Prefetcher {
  private readonly line = new Line();
  private lanes: Fetching[] = [];
  private busy = 0;
  private heads = new Map<string, Options>(); // how the head of a slice was asked for, with the bytes that came

  constructor() {
    this.line.listen();
  }

  /** Loads these slices until the function it returns is called. */
  add(wish: Wish): () => void {
    const left = { head: new Set(wish.imageIds.filter(hasHead)), whole: new Set(wish.imageIds) };
    const lane: Fetching = { ...wish, left };
    this.lanes.push(lane);
    for (let free = AT_ONCE - this.busy; free > 0; free--) void this.run();
    return () => {
      this.lanes = this.lanes.filter((other) => other !== lane);
      wish.imageIds.forEach((imageId) => this.heads.delete(imageId));
    };
  }

  private async run(): Promise<void> {
    this.busy += 1;
    const next = (): ReturnType<typeof nextToLoad<Fetching>> => nextToLoad(this.lanes, this.line.slow);
    for (let one = next(); one; one = next()) {
      const { lane, imageId, part } = one;
      lane.left.head.delete(imageId);
      if (part === 'whole') lane.left.whole.delete(imageId);
      const good = await this.load(imageId, part);
      if (part === 'whole' && this.lanes.includes(lane)) lane.onEnd(imageId, !good);
    }
    this.busy -= 1;
  }

  private async load(imageId: string, part: Part): Promise<boolean> {
    if (cache.getImage(imageId, part === 'head' ? undefined : FULL_RESOLUTION)) return true;
    try {
      await (part === 'head' ? this.loadHead(imageId) : this.loadWhole(imageId));
      return true;
    } catch {
      return false; // the pane marks the slice; the others go on
    }
  }

  private async loadHead(imageId: string): Promise<void> {
    const options: Options = { ...optionsOf(imageId), retrieveType: 'singleFast', retrieveOptions: HEAD_OPTIONS };
    await imageLoader.loadAndCacheImage(imageId, options as never);
    this.heads.set(imageId, options);
  }

  /** The rest of a slice whose head is there, or all of it. */
  private async loadWhole(imageId: string): Promise<void> {
    const { streamingData } = this.heads.get(imageId) ?? {};
    this.heads.delete(imageId);
    await onItsWay(imageId); // asked for by hand: asking once more would count its bytes twice
    if (cache.getImage(imageId, FULL_RESOLUTION)) return;
    const rest = streamingData ? { streamingData, retrieveType: 'singleFinal', retrieveOptions: REST_OPTIONS } : {};
    const isPartial = cache.getImage(imageId) !== undefined;
    if (isPartial) cache.setPartialImage(imageId, undefined, true);
    await imageLoader.loadAndCacheImage(imageId, { ...optionsOf(imageId), ...rest } as never);
  }
}

async function onItsWay(imageId: string): Promise<void> {
  const coming = cache.getImageLoadObject(imageId);
  if (coming && !cache.isLoaded(imageId)) await coming.promise.catch(() => undefined);
}

/** As a viewport asks, so that the kept image has the values the viewport would ask for. */
function optionsOf(imageId: string): Options {
  const known = metaData.get(Enums.MetadataModules.TRANSFER_SYNTAX, imageId) as { transferSyntaxUID?: string } | undefined;
  return {
    useRGBA: false,
    transferSyntaxUID: known?.transferSyntaxUID,
    priority: 5,
    requestType: Enums.RequestType.Interaction,
    additionalDetails: { imageId },
  };
}
