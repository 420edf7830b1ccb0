/** One stack of slices on screen, with its lesion overlay. The only file that knows a viewport. */
import { Enums, eventTarget, type RenderingEngine, type Types } from '@cornerstonejs/core';
import { wadors } from '@cornerstonejs/dicom-image-loader';
import { type Masks, voxelCount } from '../dicom/masks';
import { isTooLarge, type Slice } from '../dicom/slices';
import { type Range, rangeFromValues } from '../viewer/windows';
import { type Dragging, dragOn } from './drag';
import type { Drag } from './drag-kind';
import { type MaskPicture, paint, picture, type Placement } from './overlay';
import { prefetch, type Prefetch } from './prefetch';
import { headFirst } from './retrieve';
import { startEngine } from './start';

export interface PaneNews {
  onIndex(index: number): void;
  onRange(range: Range): void;
  onRendered(facts: { reduced: boolean; zoom: number }): void;
  onLoaded(imageId: string, failed: boolean): void;
}

export interface OverlayLook {
  shown: boolean;
  opacity: number;
}

const FIRST_IMAGE_MS = 20_000;

interface Grid {
  indexToWorld(ijk: number[]): Types.Point3;
  getDimensions(): [number, number, number];
}

let panes = 0;

export async function openPane(element: HTMLDivElement, canvas: HTMLCanvasElement, drag: Drag, news: PaneNews): Promise<Pane> {
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
  private fetching: Prefetch | undefined;
  private masks: Masks | undefined;
  private pictures = new Map<string, MaskPicture>();
  private look: OverlayLook = { shown: true, opacity: 0.35 };

  constructor(
    private readonly engine: RenderingEngine,
    private readonly viewportId: string,
    private readonly element: HTMLDivElement,
    private readonly canvas: HTMLCanvasElement,
    drag: Drag,
    private readonly news: PaneNews,
  ) {
    this.viewport = engine.getViewport(viewportId) as Types.IStackViewport;
    this.dragging = dragOn(viewportId, drag);
    this.resizing = new ResizeObserver(() => engine.resize(true, true));
    this.resizing.observe(element);
    this.listen();
  }

  /** Shows a stack; `keepView` when it is the same series with more images. */
  async show(slices: readonly Slice[], index: number, range: Range | undefined, keepView: boolean): Promise<void> {
    const kept = keepView && this.slices.length > 0 ? this.viewport.getViewPresentation() : undefined;
    this.fetching?.stop();
    this.slices = slices;
    slices.forEach((slice) => wadors.metaDataManager.add(slice.imageId, slice.dataset as never));
    headFirst(slices);
    const imageIds = slices.map((slice) => slice.imageId);
    const turn = (this.turn += 1);
    await inTime(this.viewport.setStack(imageIds, index));
    if (this.ending.signal.aborted || turn !== this.turn) return; // the reader has gone on
    this.setRange(range ?? this.ownRange());
    if (kept) this.viewport.setViewPresentation(kept);
    this.viewport.render();
    const wanted = slices.filter((slice) => !isTooLarge(slice)).map((slice) => slice.imageId);
    this.fetching = prefetch(this.viewport, wanted, () => this.wanted, (imageId, failed) => this.news.onLoaded(imageId, failed));
  }

  /** Index of the slice asked for; the one on screen may still be another. */
  get wanted(): number {
    return this.viewport.getTargetImageIdIndex();
  }

  goTo(index: number): void {
    const within = Math.min(Math.max(index, 0), this.slices.length - 1);
    if (within >= 0) this.viewport.scroll(within - this.wanted, false);
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

  use(drag: Drag): void {
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

  setMasks(masks: Masks | undefined): void {
    this.masks = masks;
    this.pictures.clear();
    this.paintOverlay();
  }

  setLook(look: OverlayLook): void {
    this.look = look;
    this.paintOverlay();
  }

  /** Value of a pixel of the slice on screen (HU for CT); undefined while its resolution is reduced. */
  voxel(column: number, row: number): number | undefined {
    const image = this.viewport.getCornerstoneImage();
    if (!image || image.columns !== this.onScreen()?.columns) return undefined;
    return image.voxelManager?.getAtIndex(row * image.columns + column) as number | undefined;
  }

  /** Lesion voxels on the slice on screen. */
  overlayVoxels(): number {
    const slice = this.onScreen();
    return slice ? voxelCount(this.masks?.bySlice.get(slice.imageId)) : 0;
  }

  end(): void {
    this.ending.abort();
    this.fetching?.stop();
    this.resizing.disconnect();
    this.dragging.end();
    this.engine.disableElement(this.viewportId);
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

  /** The slice whose pixels are really on screen. */
  private onScreen(): Slice | undefined {
    const imageId = this.viewport.getCornerstoneImage()?.imageId;
    return this.slices.find((slice) => slice.imageId === imageId);
  }

  /** A slice that failed is shown as such: never the pixels of another one under its name. */
  private failed(imageId: string | undefined): void {
    const index = this.slices.findIndex((slice) => slice.imageId === imageId);
    if (imageId === undefined || index < 0) return;
    this.news.onLoaded(imageId, true);
    if (index === this.wanted) this.news.onIndex(index);
  }

  private rendered(): void {
    const status = this.viewport.getCornerstoneImage()?.imageQualityStatus;
    const reduced = status !== undefined && status !== Enums.ImageQualityStatus.FULL_RESOLUTION;
    this.paintOverlay();
    this.news.onRendered({ reduced, zoom: this.viewport.getZoom() });
  }

  private paintOverlay(): void {
    const slice = this.onScreen();
    const place = slice && this.placement();
    if (slice && place) paint(this.canvas, this.look.shown ? this.pictureOf(slice) : undefined, place, this.look.opacity);
  }

  private pictureOf(slice: Slice): MaskPicture | undefined {
    const labels = this.masks?.bySlice.get(slice.imageId);
    if (!labels) return undefined;
    const known = this.pictures.get(slice.imageId) ?? picture(labels, slice.columns, slice.rows);
    this.pictures.set(slice.imageId, known);
    return known;
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
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('no image in time')), FIRST_IMAGE_MS));
  return Promise.race([image, late]);
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
