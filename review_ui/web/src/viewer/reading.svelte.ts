/** What is being read: one series as slices, where the reader is in it, and the AI's mark on it. */
import { frameAddress, readInstance, readMetadata } from '../api/dicomweb';
import type { Finding } from '../api/types';
import { standing } from '../case/standing';
import { edgeLetters, type EdgeLetters } from '../dicom/geometry';
import { layMasks, type Masks } from '../dicom/masks';
import { isTooLarge, nearestSlice, type Slice, slicesOf } from '../dicom/slices';
import { type Stack, stacksOf } from '../dicom/stacks';
import { firstDrag, type Drag } from '../engine/drag-kind';
import type { Pane, PaneNews } from '../engine/pane';
import type { Readable } from './choice';
import { firstWindow, namedRange, nameOf, type Range, type WindowName } from './windows';

export class Reading {
  choice = $state.raw<Readable>();
  stacks = $state.raw<Stack[]>([]);
  stack = $state.raw<Stack>();
  index = $state(0);
  range = $state.raw<Range>();
  reduced = $state(false);
  zoom = $state(1);
  masks = $state.raw<Masks>();
  loaded = $state.raw<ReadonlySet<string>>(new Set());
  failed = $state.raw<ReadonlySet<string>>(new Set());
  problem = $state<{ kind: 'failed' | 'toolarge' | 'noimage'; slice?: Slice; error?: unknown }>();
  overlayFailed = $state(false);
  opening = $state(false);
  help = $state(false);
  shown = $state(true);
  opacity = $state(0.25);
  drag = $state<Drag>(firstDrag());

  private isAuto = $state(false); // the window is the series' own

  slices = $derived<Slice[]>(this.stack?.slices ?? []);
  slice = $derived<Slice | undefined>(this.slices[this.index]);
  letters = $derived<EdgeLetters | undefined>(this.slice?.plane && edgeLetters(this.slice.plane));
  findings = $derived<Finding[]>((this.choice && standing(this.choice.series)?.findings) ?? []);
  window = $derived<WindowName | undefined>(this.range && (nameOf(this.range) ?? (this.isAuto ? 'auto' : undefined)));
  currentFailed = $derived(this.slice !== undefined && this.failed.has(this.slice.imageId));
  lesionSlices = $derived(this.slices.flatMap((slice, index) => (this.masks?.bySlice.has(slice.imageId) ? [index] : [])));

  private pane: Pane | undefined;
  private abort = new AbortController();
  private busyWith = '';
  private again = false;
  private shownSeries = '';
  private shownMask = '';

  attach(pane: Pane): void {
    this.pane = pane;
  }

  end(): void {
    this.abort.abort();
    this.pane?.end();
    this.pane = undefined;
  }

  /** Opens a series, or takes in what is new in the one on screen without moving the reader. */
  async open(choice: Readable): Promise<void> {
    this.choice = choice;
    this.again = this.busyWith === choice.series.id;
    if (this.again) return; // a series still arriving never interrupts its own opening
    this.busyWith = choice.series.id;
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    await this.load(choice, signal);
    if (signal.aborted) return;
    this.busyWith = '';
    if (this.again) await this.open(this.choice);
  }

  private async load(choice: Readable, signal: AbortSignal): Promise<void> {
    const same = this.shownSeries === choice.series.id;
    if (!same) this.clear();
    try {
      await this.loadSlices(choice, same, signal);
      if (!signal.aborted) this.opening = false;
      await this.loadMasks(choice, signal);
    } catch (error) {
      if (!signal.aborted) this.problem = { kind: 'failed', error };
    }
    if (!signal.aborted) this.opening = false;
  }

  goTo(index: number): void {
    this.pane?.goTo(index);
  }

  step(by: number): void {
    if (this.pane) this.pane.goTo(this.pane.wanted + by);
  }

  /** The next finding on another slice than this one, around the end. */
  jump(by: 1 | -1): void {
    const stops = this.findingSlices();
    if (stops.length === 0) return;
    const here = this.pane?.wanted ?? this.index;
    const next = by > 0 ? stops.find((stop) => stop > here) : stops.findLast((stop) => stop < here);
    this.goTo(next ?? (by > 0 ? stops[0]! : stops.at(-1)!));
  }

  private largestFinding(): number | undefined {
    const [largest] = [...this.findings].sort((a, b) => b.volume_ml - a.volume_ml);
    return largest?.centre_mm ? nearestSlice(this.slices, largest.centre_mm) : undefined;
  }

  /** Slices of the findings' centres, in order. */
  findingSlices(): number[] {
    const centres = this.findings.flatMap((finding) => (finding.centre_mm ? [finding.centre_mm] : []));
    const indices = centres.map((centre) => nearestSlice(this.slices, centre)).filter((index) => index !== undefined);
    return [...new Set(indices)].sort((a, b) => a - b);
  }

  useWindow(name: WindowName): void {
    const range = namedRange(name) ?? this.pane?.ownRange();
    if (range) this.pane?.setRange(range);
    this.isAuto = name === 'auto';
  }

  /** Shows another volume of the series, at the place where the reader is. */
  async useStack(stack: Stack): Promise<void> {
    const here = this.slice?.position_mm;
    const away = (slice: Slice): number => Math.abs((slice.position_mm ?? 0) - (here ?? 0));
    const nearest = stack.slices.reduce((best, slice, at) => (away(slice) < away(stack.slices[best]!) ? at : best), 0);
    this.stack = stack;
    this.index = nearest;
    await this.pane?.show(stack.slices, nearest, this.isAuto ? undefined : this.range, true);
  }

  useDrag(drag: Drag): void {
    this.drag = drag;
    this.pane?.use(drag);
  }

  zoomBy(factor: number): void {
    this.pane?.zoomBy(factor);
  }

  reset(): void {
    this.pane?.reset();
    if (this.choice) this.useWindow(firstWindow(this.choice.series.role));
  }

  toggleOverlay(): void {
    this.setLook(!this.shown, this.opacity);
  }

  setLook(shown: boolean, opacity: number): void {
    this.shown = shown;
    this.opacity = Math.min(1, Math.max(0, opacity));
    this.pane?.setLook({ shown: this.shown, opacity: this.opacity });
  }

  voxel(column: number, row: number): number | undefined {
    return this.pane?.voxel(column, row);
  }

  overlayVoxels(): number {
    return this.pane?.overlayVoxels() ?? 0;
  }

  /** What the pane tells as it goes. */
  news(): PaneNews {
    return {
      onIndex: (index) => (this.index = index),
      onRange: (range) => this.tookRange(range),
      onRendered: ({ reduced, zoom }) => {
        this.reduced = reduced;
        this.zoom = zoom;
      },
      onLoaded: (imageId, failed) => {
        if (failed) this.failed = new Set([...this.failed, imageId]);
        else this.loaded = new Set([...this.loaded, imageId]);
      },
    };
  }

  private tookRange(range: Range): void {
    const moved = this.range && (range.lower !== this.range.lower || range.upper !== this.range.upper);
    if (moved) this.isAuto = false;
    this.range = range;
  }

  private get allSlices(): Slice[] {
    return this.stacks.flatMap((stack) => stack.slices);
  }

  private clear(): void {
    this.stacks = [];
    this.stack = undefined;
    this.masks = undefined;
    this.loaded = new Set();
    this.failed = new Set();
    this.problem = undefined;
    this.overlayFailed = false;
    this.opening = true;
    this.shownMask = '';
    this.shownSeries = '';
    this.pane?.setMasks(undefined);
  }

  private async loadSlices(choice: Readable, same: boolean, signal: AbortSignal): Promise<void> {
    const metadata = await readMetadata(choice.study, choice.series, signal);
    if (signal.aborted) return;
    const all = slicesOf(metadata, frameAddress(choice.study, choice.series));
    const slices = all.filter((slice) => !isTooLarge(slice));
    if (slices.length === 0) {
      this.problem = all[0] ? { kind: 'toolarge', slice: all[0] } : { kind: 'noimage' };
      return;
    }
    if (same && slices.length === this.allSlices.length) return;
    await this.showStack(choice, stacksOf(slices), same, signal);
  }

  private async showStack(choice: Readable, stacks: Stack[], same: boolean, signal: AbortSignal): Promise<void> {
    const kept = same ? stacks.find((stack) => stack.value === this.stack?.value) : undefined;
    const stack = kept ?? stacks[0]!;
    const { slices } = stack;
    const here = same ? slices.findIndex((slice) => slice.imageId === this.slice?.imageId) : -1;
    this.stacks = stacks;
    this.stack = stack;
    this.problem = undefined;
    const index = here >= 0 ? here : (this.largestFinding() ?? Math.floor(slices.length / 2));
    this.index = index;
    const name = firstWindow(choice.series.role);
    const range = same && this.range ? this.range : namedRange(name);
    const wasAuto = same ? this.isAuto : name === 'auto';
    await this.pane?.show(slices, index, range, same);
    if (signal.aborted) return;
    this.isAuto = wasAuto;
    this.shownSeries = choice.series.id;
  }

  private async loadMasks(choice: Readable, signal: AbortSignal): Promise<void> {
    const made = standing(choice.series)?.segmentation;
    const wanted = made ? `${made.sop_instance_uid} on ${this.allSlices.length}` : '';
    if (wanted === this.shownMask) return;
    this.overlayFailed = false;
    try {
      const masks = made && (await this.readMasks(choice, made.series_instance_uid, made.sop_instance_uid, signal));
      if (signal.aborted) return;
      this.masks = masks || undefined;
      this.pane?.setMasks(this.masks);
      this.shownMask = wanted;
    } catch {
      if (!signal.aborted) this.overlayFailed = true; // said on the image; the images themselves stay
    }
  }

  private async readMasks(choice: Readable, series: string, sop: string, signal: AbortSignal): Promise<Masks> {
    const { parseSegmentation } = await import('../dicom/segmentation');
    const part10 = await readInstance(choice.study, series, sop, signal);
    return layMasks(parseSegmentation(part10), this.allSlices);
  }
}
