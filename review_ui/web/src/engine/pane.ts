/** One stack of slices on screen, with its lesion overlay. */
import { pool } from '../decoding/pool';
import { numberOf, TAG, text } from '../dicom/dataset';
import type { PlaneName } from '../dicom/cuts';
import type { Slice } from '../dicom/slices';
import type { WhyNot } from '../dicom/volume';
import { type Range, rangeFromValues } from '../viewer/windows';
import { type Camera, FITTED, placed, type Size, zoomed } from './camera';
import { type Cutting, cutAlong, type LabelsOf } from './cuts';
import { type Dragging, dragOn } from './drag';
import type { Drag } from './drag-kind';
import { Drawing } from './draw';
import { images, type Load, type Shown } from './images';
import { type MaskPicture, paint, picture, type Placement } from './overlay';
import { Prefetcher, type Wish } from './prefetch';

export type { LabelsOf } from './cuts';

/** What a pane tells as it goes. */
export interface PaneNews {
  onIndex(index: number): void;
  onRange(range: Range): void;
  onRendered(facts: { reduced: boolean; place: Placement | undefined }): void;
  onLoaded(imageId: string, failed: boolean): void;
}

export interface OverlayLook {
  shown: boolean;
  opacity: number; // of the filling; 0 leaves the outline
  outline: boolean;
  hidden: ReadonlySet<number>; // labels that are not drawn
}

const STOPPED_MS = 120; // at a slice
const WINDOW_PER_PX = 1 / 250; // of the window's width
const LEAST_WIDTH = 2;

const prefetcher = new Prefetcher();

/** Loads slices ahead, in the order of all panes' wishes, until the function it returns is called. */
export const loadAhead = (wish: Wish): (() => void) => prefetcher.add(wish);

export const hold = (slices: readonly Slice[]): (() => void) => images.hold(slices);

export const held = (): ReturnType<typeof images.count> => images.count();

/** Gets ready ahead of the first case. */
export const warmUp = (): void => pool.warm();

/** Fetches a slice that somebody holds, before any pane asks for it. */
export const loadNow = (imageId: string): void => void images.load(imageId, 'whole', true).end.catch(() => undefined);

/** Cuts the volume of a stack, once all its slices are there. */
export async function cut(stack: readonly Slice[], plane: PlaneName, slab_mm: number, wish: Pick<Wish, 'rank' | 'onEnd'>): Promise<Cutting | WhyNot | 'failed'> {
  const release = images.hold(stack);
  const made = await cutAlong(stack, plane, slab_mm, (slices) => allValues(slices, wish));
  release();
  return made;
}

function allValues(slices: readonly Slice[], wish: Pick<Wish, 'rank' | 'onEnd'>): Promise<ArrayLike<number>[] | undefined> {
  const values = new Map<string, ArrayLike<number>>();
  return new Promise((resolve) => {
    const stop = prefetcher.add({
      imageIds: slices.map(({ imageId }) => imageId),
      around: () => Math.floor(slices.length / 2),
      rank: wish.rank,
      needsAll: true,
      onEnd: (imageId, failed) => {
        wish.onEnd(imageId, failed);
        const found = failed ? undefined : images.picture(imageId)?.values;
        if (found) values.set(imageId, found);
        if (found && values.size < slices.length) return;
        stop();
        resolve(found && slices.map((slice) => values.get(slice.imageId)!));
      },
    });
  });
}

export class Pane {
  private readonly drawing: Drawing;
  private readonly dragging: Dragging;
  private readonly resizing: ResizeObserver;
  private readonly stopListening: () => void;
  private slices: readonly Slice[] = [];
  private shown: { slice: Slice; picture: Shown } | undefined;
  private target = 0;
  private range: Range = { lower: 0, upper: 1 };
  private camera: Camera = FITTED;
  private loading: Load | undefined; // by hand
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private first: { done: (shown: boolean) => void; failed: (error: Error) => void } | undefined;
  private release = (): void => undefined;
  private frame = 0;
  private ended = false;
  private labelsOf: LabelsOf = () => undefined;
  private pictures = new Map<string, MaskPicture>();
  private look: OverlayLook = { shown: true, opacity: 0.35, outline: true, hidden: new Set() };

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly overlay: HTMLCanvasElement,
    drag: Drag | undefined,
    private readonly news: PaneNews,
  ) {
    pool.warm();
    this.drawing = new Drawing(canvas);
    this.dragging = dragOn(canvas, drag, this.draggable());
    this.resizing = new ResizeObserver(() => this.render());
    this.resizing.observe(canvas);
    this.stopListening = images.listen((imageId) => imageId === this.wantedSlice?.imageId && this.display());
  }

  /** Shows a stack; `keepView` when it is the same series with more images. True when it is on screen. */
  async show(slices: readonly Slice[], index: number, range: Range | undefined, keepView: boolean): Promise<boolean> {
    const { release } = this;
    this.release = images.hold(slices);
    release();
    this.first?.done(false); // the reader has gone on
    this.slices = slices;
    this.target = index;
    const first = new Promise<boolean>((done, failed) => (this.first = { done, failed }));
    if (!keepView) this.camera = FITTED;
    this.range = range ?? this.range;
    this.fetch();
    this.display();
    const shown = await first;
    if (!shown || this.ended) return false;
    this.setRange(range ?? this.ownRange());
    return true;
  }

  /** Index of the slice asked for; the one on screen may still be another. */
  get wanted(): number {
    return this.target;
  }

  goTo(index: number): void {
    const within = Math.min(Math.max(index, 0), this.slices.length - 1);
    if (within < 0 || within === this.target) return;
    this.target = within;
    this.fetch();
    this.display();
  }

  setRange(range: Range): void {
    this.range = range;
    this.news.onRange(range);
    this.render();
  }

  /** The image's own window, or one that holds its values. */
  ownRange(): Range {
    const { slice, picture: pixels } = this.shown ?? {};
    if (!slice || !pixels) return { lower: 0, upper: 1 };
    if (!pixels.values) return { lower: 0, upper: 255 };
    const [width, level] = [numberOf(slice.dataset, TAG.WindowWidth) ?? 0, numberOf(slice.dataset, TAG.WindowCenter)];
    if (level !== undefined && width > 1) return { lower: level - width / 2, upper: level + width / 2 };
    return rangeFromValues(pixels.values);
  }

  use(drag: Drag | undefined): void {
    this.dragging.use(drag);
  }

  zoomBy(factor: number): void {
    const { width, height } = this.size;
    this.aim(zoomed(this.camera, factor, this.size, [width / 2, height / 2]));
  }

  reset(): void {
    this.aim(FITTED);
  }

  setLabels(labelsOf: LabelsOf): void {
    this.labelsOf = labelsOf;
    this.pictures.clear();
    this.paintOverlay();
  }

  setLook(look: OverlayLook): void {
    if (look.hidden !== this.look.hidden) this.pictures.clear();
    this.look = look;
    this.paintOverlay();
  }

  /** Value of a pixel of the slice on screen (HU for CT); undefined while its resolution is reduced. */
  voxel(column: number, row: number): number | undefined {
    return this.values()?.[row * (this.shown?.slice.columns ?? 0) + column];
  }

  /** Values of the slice on screen, rows x columns; undefined while its resolution is reduced. */
  values(): ArrayLike<number> | undefined {
    return this.shown?.picture.whole ? this.shown.picture.values : undefined;
  }

  /** The slice whose pixels are really on screen. */
  onScreen(): Slice | undefined {
    return this.shown?.slice;
  }

  end(): void {
    this.ended = true;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.waiting);
    this.first?.done(false);
    this.loading?.leave();
    this.stopListening();
    this.resizing.disconnect();
    this.dragging.end();
    this.release();
    this.pictures.clear();
  }

  private get wantedSlice(): Slice | undefined {
    return this.slices[this.target];
  }

  private get size(): Size {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  /** Asks for the slice wanted, and no more for the one wanted before. */
  private fetch(): void {
    const before = this.loading;
    const slice = this.wantedSlice;
    this.loading = undefined;
    const known = slice && images.picture(slice.imageId);
    clearTimeout(this.waiting);
    if (slice && known && !known.whole && this.first === undefined) {
      this.waiting = setTimeout(() => this.load(slice), STOPPED_MS); // it is on screen small, and may only be passed by
    } else if (slice && !known?.whole) this.load(slice);
    before?.leave();
  }

  private load(slice: Slice): void {
    const loading = images.load(slice.imageId, 'whole', true);
    this.loading = loading;
    loading.end.then(
      () => this.news.onLoaded(slice.imageId, false),
      (error: unknown) => loading === this.loading && this.failed(slice, error as Error),
    );
  }

  /** A slice that failed is shown as such: never the pixels of another one under its name. */
  private failed(slice: Slice, error: Error): void {
    this.loading = undefined;
    if (this.ended) return;
    this.news.onLoaded(slice.imageId, true);
    if (slice === this.wantedSlice) this.news.onIndex(this.target);
    this.first?.failed(error);
    this.first = undefined;
  }

  /** Puts the slice wanted on screen, as far as it is there. */
  private display(): void {
    const slice = this.wantedSlice;
    const pixels = slice && images.picture(slice.imageId);
    if (this.ended || !slice || !pixels) return;
    this.shown = { slice, picture: pixels };
    this.news.onIndex(this.target);
    this.first?.done(true);
    this.first = undefined;
    this.render();
  }

  private aim(camera: Camera): void {
    this.camera = camera;
    this.render();
  }

  /** Draws before the browser shows its next frame; many changes are drawn once. */
  private render(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.ended) this.draw();
    });
  }

  private draw(): void {
    const { shown } = this;
    const place = this.placement();
    if (!shown || !place) return;
    this.drawing.draw(shown.picture, this.range, text(shown.slice.dataset, TAG.PhotometricInterpretation) === 'MONOCHROME1', place);
    this.paintOverlay();
    this.news.onRendered({ reduced: !shown.picture.whole, place });
  }

  /** Where the image lies on the canvas. */
  private placement(): Placement | undefined {
    return this.shown && placed(this.shown.slice, this.size, this.camera);
  }

  private paintOverlay(): void {
    const slice = this.onScreen();
    const place = this.placement();
    if (slice && place) paint(this.overlay, this.look.shown ? this.pictureOf(slice) : undefined, place, this.look);
  }

  private pictureOf(slice: Slice): MaskPicture | undefined {
    const known = this.pictures.get(slice.imageId);
    if (known) return known;
    const labels = this.labelsOf(slice);
    if (!labels) return undefined;
    const made = picture(labels, slice.columns, slice.rows, this.look.hidden);
    this.pictures.set(slice.imageId, made);
    return made;
  }

  private draggable(): Parameters<typeof dragOn>[2] {
    const pane = this;
    return {
      get slices() { return pane.slices.length; },
      scroll: (by) => this.goTo(this.target + by),
      window: (wider, brighter) => this.setRange(widened(this.range, wider, brighter)),
      pan: (x, y) => this.aim({ ...this.camera, x: this.camera.x + x, y: this.camera.y + y }),
      zoom: (factor, at) => this.aim(zoomed(this.camera, factor, this.size, at)),
    }; // prettier-ignore
  }
}

/** To the right widens the window, up makes the picture brighter: the level falls. */
function widened({ lower, upper }: Range, wider: number, brighter: number): Range {
  const [before, level] = [upper - lower, (upper + lower) / 2];
  const step = Math.max(before, 20 * LEAST_WIDTH) * WINDOW_PER_PX;
  const width = Math.max(LEAST_WIDTH, before + wider * step);
  const moved = level - brighter * step;
  return { lower: moved - width / 2, upper: moved + width / 2 };
}
