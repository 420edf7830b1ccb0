/** Loads the slices of all panes, a few at once, in the order of `nextToLoad`. */
import { images } from './images';
import { Line } from './line';
import { type Lane, nextToLoad, type Part } from './order';

const AT_ONCE = 4; // of the six connections a browser allows: one follows events, one is for a slice asked for by hand

export interface Wish {
  imageIds: readonly string[];
  around: () => number;
  rank: () => number;
  needsAll?: boolean; // as a cut through the volume does
  onEnd: (imageId: string, failed: boolean) => void;
}

type Fetching = Lane & Pick<Wish, 'onEnd'>;

export class Prefetcher {
  readonly line = new Line();
  private lanes: Fetching[] = [];
  private busy = 0;

  constructor() {
    this.line.listen();
  }

  /** Loads these slices, which somebody holds, until the function it returns is called. */
  add(wish: Wish): () => void {
    const left = { head: new Set(wish.imageIds.filter((imageId) => images.hasHead(imageId))), whole: new Set(wish.imageIds) };
    const lane: Fetching = { ...wish, left };
    this.lanes.push(lane);
    this.wake();
    return () => {
      this.lanes = this.lanes.filter((other) => other !== lane);
    };
  }

  /** Looks anew for what is to be loaded: the reader has gone on, or wants more or less than before. */
  wake(): void {
    for (let free = AT_ONCE - this.busy; free > 0; free--) void this.run();
  }

  private async run(): Promise<void> {
    this.busy += 1;
    const next = (): ReturnType<typeof nextToLoad<Fetching>> => nextToLoad(this.lanes, this.line.pace);
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
    try {
      await images.load(imageId, part, false).end;
      return true;
    } catch {
      return false; // the pane marks the slice; the others go on
    }
  }
}
