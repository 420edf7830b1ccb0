/** What one pane shows: a series as slices, or cuts of it, where the reader is in it, and the AI's mark on it. */
import type { Finding } from '../api/types';
import { standing } from '../case/standing';
import type { PlaneName } from '../dicom/cuts';
import { edgeLetters, type EdgeLetters } from '../dicom/geometry';
import { voxelCount } from '../dicom/masks';
import { isTooLarge, type Slice } from '../dicom/slices';
import { type Stack, stacksOf } from '../dicom/stacks';
import type { WhyNot } from '../dicom/volume';
import type { Cutting } from '../engine/cuts';
import { cut, type LabelsOf, loadAhead, type OverlayLook, type Pane, type PaneNews } from '../engine/pane';
import type { Placement } from '../engine/overlay';
import type { Drag } from '../engine/drag-kind';
import type { Around, View } from './around';
import type { Readable } from './choice';
import { Contrast } from './contrast.svelte';
import { Progress } from './progress.svelte';
import { Marking } from './marking.svelte';
import { findingSlices, indexFrom, openingIndex } from './opening';
import { firstWindow } from './windows';

export class Reading {
  choice = $state.raw<Readable>();
  stacks = $state.raw<Stack[]>([]);
  stack = $state.raw<Stack>();
  slices = $state.raw<readonly Slice[]>([]); // of the stack, or its cuts
  view = $state<View>('acquired');
  slab_mm = $state(0);
  notCut = $state<WhyNot | 'failed'>();
  tilt_degrees = $state(0); // that the cuts allow for
  cutting = $state(false);
  index = $state(0);
  reduced = $state(false);
  place = $state.raw<Placement>();
  problem = $state<{ kind: 'failed' | 'toolarge' | 'noimage'; slice?: Slice; error?: unknown }>();
  opening = $state(false);

  readonly marking = new Marking(() => this.giveLabels());
  readonly progress = new Progress();
  readonly contrast = new Contrast(() => this.pane);

  slice = $derived<Slice | undefined>(this.slices[this.index]);
  letters = $derived<EdgeLetters | undefined>(this.slice?.plane && edgeLetters(this.slice.plane));
  findings = $derived<Finding[]>((this.choice && standing(this.choice.series)?.findings) ?? []);
  lesionSlices = $derived(this.slices.flatMap((slice, index) => (this.marking.masks?.bySlice.has(slice.imageId) ? [index] : [])));

  private pane: Pane | undefined;
  private abort = new AbortController();
  private busyWith = '';
  private again = false;
  private wantedView: View = 'acquired';
  private shownSeries = '';
  private stopLoading = (): void => undefined;
  private cuts: Cutting | undefined;
  private labelsOf: LabelsOf = () => undefined;

  constructor(private readonly around: Around) {}

  attach(pane: Pane): void {
    this.pane = pane;
    if (this.choice) void this.open(this.choice, this.wantedView);
  }

  end(): void {
    this.abort.abort();
    this.stopLoading();
    this.pane?.end();
    this.pane = undefined;
    this.cuts?.end();
    this.cuts = undefined;
  }

  /** Opens a series, or takes in what is new in the one on screen without moving the reader. */
  async open(choice: Readable, view?: View): Promise<void> {
    this.choice = choice;
    this.wantedView = view ?? (this.shownSeries === choice.series.id ? this.view : 'acquired');
    if (!this.pane) return; // it opens once the pane is there
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
    else if (this.wantedView !== this.view) await this.useView(this.wantedView);
  }

  private async load(choice: Readable, signal: AbortSignal): Promise<void> {
    const same = this.shownSeries === choice.series.id;
    if (!same) this.clear();
    try {
      await this.loadSlices(choice, same, signal);
      if (!signal.aborted) this.opening = false;
      await this.marking.load(choice, this.allSlices, signal);
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

  /** Whether the slice asked for is the one on screen. */
  get settled(): boolean {
    return this.pane?.wanted === this.index;
  }

  /** The next finding on another slice than this one, around the end. */
  jump(by: 1 | -1): void {
    const stops = this.findingSlices();
    if (stops.length === 0) return;
    const here = this.pane?.wanted ?? this.index;
    const next = by > 0 ? stops.find((stop) => stop > here) : stops.findLast((stop) => stop < here);
    this.goTo(next ?? (by > 0 ? stops[0]! : stops.at(-1)!));
  }

  /** Slices of the findings' centres, in order. */
  findingSlices(): number[] {
    return this.choice ? findingSlices(this.choice, this.slices) : [];
  }

  /** Shows another volume of the series, at the place where the reader is. */
  async useStack(stack: Stack): Promise<void> {
    this.stack = stack;
    this.loadStack(stack);
    await this.useView(this.view, this.slab_mm);
  }

  /** Looks along another plane of the patient, at the place where the reader is. */
  async useView(view: View, slab_mm = 0): Promise<void> {
    const { signal } = this.abort;
    const here = this.slice;
    const cuts = view === 'acquired' ? undefined : await this.cut(view, slab_mm, signal);
    if (signal.aborted || !this.choice || !this.stack || (view !== 'acquired' && !cuts)) return;
    const before = this.cuts;
    this.cuts = cuts;
    [this.view, this.slab_mm] = [view, cuts ? slab_mm : 0];
    const slices = cuts?.slices ?? this.stack.slices;
    this.slices = slices;
    this.tilt_degrees = cuts?.tilt_degrees ?? 0;
    this.index = indexFrom(this.choice, here, slices);
    this.giveLabels();
    const range = this.contrast.toShow(this.choice?.series.role ?? '', true);
    await this.pane?.show(slices, this.index, range, false);
    this.contrast.shown(range);
    before?.end();
    this.around.moved(this);
  }

  private async cut(view: PlaneName, slab_mm: number, signal: AbortSignal): Promise<Cutting | undefined> {
    if (!this.stack) return undefined;
    this.cutting = true;
    this.notCut = undefined;
    const made = await cut(this.stack.slices, view, slab_mm, {
      rank: () => (this.around.isActive(this) ? 0 : 1),
      onEnd: (imageId, failed) => this.progress.note(imageId, failed),
    });
    this.cutting = false;
    if (typeof made === 'string') this.notCut = made;
    else if (signal.aborted) made.end();
    else return made;
    return undefined;
  }

  useDrag(drag: Drag | undefined): void {
    this.pane?.use(drag);
  }

  zoomBy(factor: number): void {
    this.pane?.zoomBy(factor);
  }

  reset(): void {
    this.pane?.reset();
    if (this.choice) this.contrast.use(firstWindow(this.choice.series.role));
  }

  setLook(look: OverlayLook): void {
    this.pane?.setLook(look);
  }

  voxel(column: number, row: number): number | undefined {
    return this.pane?.voxel(column, row);
  }

  /** Values of the slice on screen; undefined while they are not all there. */
  values(): ArrayLike<number> | undefined {
    return this.pane?.onScreen() === this.slice ? this.pane?.values() : undefined;
  }

  /** Lesion voxels on the slice on screen. */
  overlayVoxels(): number {
    const slice = this.pane?.onScreen();
    return slice ? voxelCount(this.labelsOf(slice)) : 0;
  }

  /** What the pane tells as it goes. */
  news(): PaneNews {
    return {
      onIndex: (index) => {
        this.index = index;
        this.around.moved(this);
      },
      onRange: (range) => this.contrast.took(range),
      onRendered: ({ reduced, place }) => {
        this.reduced = reduced;
        if (String(Object.values(place ?? {})) !== String(Object.values(this.place ?? {}))) this.place = place;
      },
      onLoaded: (imageId, failed) => this.progress.note(imageId, failed),
    };
  }

  private get allSlices(): Slice[] {
    return this.stacks.flatMap((stack) => stack.slices);
  }

  private clear(): void {
    this.stacks = [];
    this.stack = undefined;
    this.slices = [];
    this.view = 'acquired';
    this.slab_mm = 0;
    this.notCut = undefined;
    this.progress.clear();
    this.problem = undefined;
    this.opening = true;
    this.shownSeries = '';
    this.stopLoading();
    this.cuts?.end();
    this.cuts = undefined;
    this.marking.clear();
  }

  private async loadSlices(choice: Readable, same: boolean, signal: AbortSignal): Promise<void> {
    const all = await this.around.shelf.slices(choice);
    if (signal.aborted) return;
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
    const here = same ? stack.slices.findIndex((slice) => slice.imageId === this.slice?.imageId) : -1;
    this.stacks = stacks;
    this.stack = stack;
    this.problem = undefined;
    if (this.cuts) return void (await this.useView(this.view, this.slab_mm)); // cut anew, with the new slices
    this.slices = stack.slices;
    const index = here >= 0 ? here : openingIndex(choice, stack.slices);
    this.index = index;
    const range = this.contrast.toShow(choice.series.role, same);
    await this.pane?.show(stack.slices, index, range, same);
    if (signal.aborted) return;
    this.contrast.shown(range);
    this.shownSeries = choice.series.id;
    this.loadStack(stack);
    this.around.arrived(this);
  }

  /** Loads the rest of the stack, in turn with the other panes. */
  private loadStack(stack: Stack): void {
    this.stopLoading();
    const imageIds = stack.slices.map(({ imageId }) => imageId);
    this.stopLoading = loadAhead({
      imageIds,
      around: () => (this.cuts ? Math.floor(imageIds.length / 2) : (this.pane?.wanted ?? 0)),
      rank: () => (this.around.isActive(this) ? 0 : 1),
      onEnd: (imageId, failed) => this.progress.note(imageId, failed),
    });
  }

  private giveLabels(): void {
    const { labelsOf } = this.marking;
    this.labelsOf = this.cuts ? this.cuts.labels(labelsOf) : labelsOf;
    this.pane?.setLabels(this.labelsOf);
  }
}
