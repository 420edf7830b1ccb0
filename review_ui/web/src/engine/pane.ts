/** One stack of slices on screen, with its lesion overlay. The only file that knows a viewport. */
import { Enums, eventTarget, type RenderingEngine, type Types } from '@cornerstonejs/core';
import type { Slice } from '../dicom/slices';
import type { WhyNot } from '../dicom/volume';
import { type Range, rangeFromValues } from '../viewer/windows';
import { type Dragging, dragOn } from './drag';
import type { Drag } from './drag-kind';
import { type Cutting, cutAlong, type CutWish } from './cutting';
import { hold } from './memory';
import { type MaskPicture, paint, picture, type Placement } from './overlay';
import { Prefetcher, type Wish } from './prefetch';
import { startEngine } from './start';

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

/** The lesion labels of a slice, rows x columns, 0 where nothing is. */
export type LabelsOf = (slice: Slice) => Uint8Array | undefined;

const FIRST_IMAGE_MS = 20_000;

interface Grid {
  indexToWorld(ijk: number[]): Types.Point3;
  getDimensions(): [number, number, number];
}

let panes = 0;
const prefetcher = new Prefetcher();

/** Loads slices ahead, in the order of all panes' wishes, until the function it returns is called. */
export const loadAhead = (wish: Wish): (() => void) => prefetcher.add(wish);

/** Cuts the volume of a stack, once all its slices are there. */
export const cut = (stack: readonly Slice[], wish: CutWish): Promise<Cutting | WhyNot | 'failed'> => cutAlong(stack, wish, prefetcher);

export { held, hold } from './memory';

export async function openPane(element: HTMLDivElement, canvas: HTMLCanvasElement, drag: Drag | undefined, news: PaneNews): Promise<Pane> {
  const engine = await startEngine();
  const viewportId = `pane-${(panes += 1)}`;
  engine.enableElement({ viewportId, type: Enums.ViewportType.STACK, element, defaultOptions: { background: [0, 0, 0] } });
  return new Pane(engine, viewportId, element, canvas, drag, news);
}

export class Pane {
  private readonly viewport: Types.IStackViewport;
  private readonly dragging: Dragging;
  private readonly resizing: ResizeObserver;
  private readonly ending = new AbortController();
  private slices: readonly Slice[] = [];
  private turn = 0;
  private fitted = true;
  private size = '';
  private release = (): void => undefined;
  private labelsOf: LabelsOf = () => undefined;
  private pictures = new Map<string, MaskPicture>();
  private look: OverlayLook = { shown: true, opacity: 0.35, outline: true, hidden: new Set() };

  constructor(
    private readonly engine: RenderingEngine,
    private readonly viewportId: string,
    private readonly element: HTMLDivElement,
    private readonly canvas: HTMLCanvasElement,
    drag: Drag | undefined,
    private readonly news: PaneNews,
  ) {
    this.viewport = engine.getViewport(viewportId) as Types.IStackViewport;
    this.dragging = dragOn(viewportId, drag);
    this.resizing = new ResizeObserver(() => this.resized());
    this.resizing.observe(element);
    this.listen();
  }

  /** Shows a stack; `keepView` when it is the same series with more images. True when it is on screen. */
  async show(slices: readonly Slice[], index: number, range: Range | undefined, keepView: boolean): Promise<boolean> {
    const kept = keepView && this.slices.length > 0 ? this.viewport.getViewPresentation() : undefined;
    const release = this.release;
    this.slices = slices;
    this.release = hold(slices);
    const imageIds = slices.map((slice) => slice.imageId);
    const turn = (this.turn += 1);
    const shown = inTime(this.viewport.setStack(imageIds, index)).finally(release);
    await shown.catch((error: unknown) => (turn === this.turn ? Promise.reject(error as Error) : undefined));
    if (this.ending.signal.aborted || turn !== this.turn) return false; // the reader has gone on
    this.setRange(range ?? this.ownRange());
    if (kept) this.viewport.setViewPresentation(kept);
    else this.viewport.resetCamera();
    this.viewport.render();
    return true;
  }

  /** Index of the slice asked for; the one on screen may still be another. */
  get wanted(): number {
    return this.viewport.getTargetImageIdIndex();
  }

  goTo(index: number): void {
    const within = Math.min(Math.max(index, 0), this.slices.length - 1);
    if (within >= 0 && within !== this.wanted) this.viewport.scroll(within - this.wanted, false);
  }

  setRange(range: Range): void {
    this.viewport.setProperties({ voiRange: range });
    this.viewport.render();
    this.news.onRange(range);
  }

  /** The image's own window, or one that holds its values. */
  ownRange(): Range {
    const image = this.viewport.getCornerstoneImage();
    if (!image) return { lower: 0, upper: 1 };
    const [width, level] = [firstOf(image.windowWidth), firstOf(image.windowCenter)];
    if (hasOwnWindow(this.onScreen()) && width > 1) return { lower: level - width / 2, upper: level + width / 2 };
    return rangeFromValues(image.voxelManager!.getScalarData() as ArrayLike<number>);
  }

  use(drag: Drag | undefined): void {
    this.dragging.use(drag);
  }

  zoomBy(factor: number): void {
    this.viewport.setZoom(this.viewport.getZoom() * factor);
    this.viewport.render();
  }

  reset(): void {
    this.viewport.resetCamera();
    this.viewport.render();
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
    return this.values()?.[row * (this.onScreen()?.columns ?? 0) + column];
  }

  /** Values of the slice on screen, rows x columns; undefined while its resolution is reduced. */
  values(): ArrayLike<number> | undefined {
    const image = this.viewport.getCornerstoneImage();
    if (!image || image.columns !== this.onScreen()?.columns) return undefined;
    return image.voxelManager?.getScalarData() as ArrayLike<number> | undefined;
  }

  /** The slice whose pixels are really on screen. */
  onScreen(): Slice | undefined {
    const imageId = this.viewport.getCornerstoneImage()?.imageId;
    return this.slices.find((slice) => slice.imageId === imageId);
  }

  end(): void {
    this.ending.abort();
    this.resizing.disconnect();
    this.dragging.end();
    this.engine.disableElement(this.viewportId);
    this.release();
    this.pictures.clear();
  }

  private listen(): void {
    const { Events } = Enums;
    const { signal } = this.ending;
    const on = (name: string, act: (event: CustomEvent) => void): void =>
      this.element.addEventListener(name, (event) => act(event as CustomEvent), { signal });
    on(Events.STACK_NEW_IMAGE, ({ detail }) => this.news.onIndex(detail.imageIdIndex as number));
    on(Events.VOI_MODIFIED, ({ detail }) => this.news.onRange(detail.range as Range));
    on(Events.IMAGE_RENDERED, () => this.rendered());
    const failed = ({ detail }: CustomEvent): void => this.failed(detail.imageId as string | undefined);
    eventTarget.addEventListener(Events.IMAGE_LOAD_ERROR, failed as EventListener);
    signal.addEventListener('abort', () => eventTarget.removeEventListener(Events.IMAGE_LOAD_ERROR, failed as EventListener));
  }

  /** A slice that failed is shown as such: never the pixels of another one under its name. */
  private failed(imageId: string | undefined): void {
    const index = this.slices.findIndex((slice) => slice.imageId === imageId);
    if (imageId === undefined || index < 0) return;
    this.news.onLoaded(imageId, true);
    if (index === this.wanted) this.news.onIndex(index);
  }

  /** Fills the pane anew; what the reader has zoomed or moved stays so. */
  private resized(): void {
    const { fitted } = this;
    this.engine.resize(true, true);
    if (fitted && this.slices.length) this.reset();
  }

  private rendered(): void {
    const status = this.viewport.getCornerstoneImage()?.imageQualityStatus;
    const reduced = status !== undefined && status !== Enums.ImageQualityStatus.FULL_RESOLUTION;
    this.noteView();
    this.paintOverlay();
    this.news.onRendered({ reduced, place: this.placement() });
  }

  /** Whether the picture fills the pane; a pane whose size has just changed is not asked. */
  private noteView(): void {
    const size = `${this.element.clientWidth} ${this.element.clientHeight}`;
    if (size === this.size) {
      const { zoom = 1, pan = [0, 0] } = this.viewport.getViewPresentation();
      this.fitted = Math.abs(zoom - 1) < 0.01 && Math.hypot(...pan) < 1;
    }
    this.size = size;
  }

  private paintOverlay(): void {
    const slice = this.onScreen();
    const place = slice && this.placement();
    if (slice && place) paint(this.canvas, this.look.shown ? this.pictureOf(slice) : undefined, place, this.look);
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

  /** Where the image lies on the canvas; pixel centres are whole indices, so edges are half ones. */
  private placement(): Placement | undefined {
    const data = this.viewport.getImageData()?.imageData as Grid | undefined;
    if (!data) return undefined;
    const [columns, rows] = data.getDimensions(); // of what is on screen, which may be reduced
    const canvasOf = (i: number, j: number): Types.Point2 => this.viewport.worldToCanvas(data.indexToWorld([i, j, 0]));
    return {
      origin: canvasOf(-0.5, -0.5),
      rowEnd: canvasOf(columns - 0.5, -0.5),
      columnEnd: canvasOf(-0.5, rows - 0.5),
    };
  }
}

/** A decoder that dies says nothing: the wait for an image has an end. */
function inTime<T>(image: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no image in time')), FIRST_IMAGE_MS);
  });
  return Promise.race([image, late]).finally(() => clearTimeout(timer));
}

function hasOwnWindow(slice: Slice | undefined): boolean {
  return slice?.dataset['00281050']?.Value !== undefined;
}

function firstOf(value: number | number[]): number {
  return Array.isArray(value) ? (value[0] ?? 0) : value;
}

/** Starts the engine ahead of the first case. */
export async function warmUp(): Promise<void> {
  await startEngine();
}
