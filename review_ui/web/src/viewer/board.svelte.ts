/** The panes of a case: what hangs where, which one is read, and how they move together. */
import type { CaseDetail } from '../api/types';
import { standing } from '../case/standing';
import { type Anchors, anchored, anchoredHere, linkedSlice, moved, sameFrame, sliceAt } from '../dicom/linking';
import type { Vector } from '../dicom/geometry';
import type { Slice } from '../dicom/slices';
import { firstDrag, isDrag, type Tool } from '../engine/drag-kind';
import type { OverlayLook } from '../engine/pane';
import { ahead, isSmall } from './ahead';
import { type Readable, readable } from './choice';
import { Cine } from './cine.svelte';
import { habitOf, keepHabit } from './habits';
import { hang, kindOf, type Layout, layoutNamed, LAYOUTS, panesOf, roleIn } from './layouts';
import { Shelf } from './load';
import { Measuring } from './measuring.svelte';
import { Reading } from './reading.svelte';

export interface Pointed {
  slice: Slice; // in whose coordinates
  point_mm: Vector;
}

export class Board {
  detail = $state.raw<CaseDetail>();
  layout = $state.raw<Layout>(LAYOUTS[0]!);
  panes = $state.raw<readonly Reading[]>([]);
  at = $state(0);
  alone = $state(false); // the pane being read covers the others
  linked = $state(true);
  tool = $state<Tool>(firstDrag());
  look = $state.raw<OverlayLook>({ shown: true, opacity: 0.25, outline: true, hidden: new Set() });
  pointed = $state.raw<Pointed>();
  help = $state(false);
  ready = $state(false); // every pane shows its series
  anchors = $state.raw<Anchors>(new Map());

  active = $derived<Reading | undefined>(this.panes[this.at]);
  choices = $derived<Readable[]>(this.detail ? readable(this.detail) : []);

  readonly measuring = new Measuring();
  readonly cine = new Cine(() => this.active);

  private readonly prepared: ReturnType<typeof ahead.take>;
  private readonly shelf: Shelf;

  constructor(
    private readonly account: () => string,
    id: string,
  ) {
    this.prepared = ahead.take(id);
    this.shelf = this.prepared?.shelf ?? new Shelf();
  }

  /** What was read of the case before it was opened. */
  get known(): { detail: Promise<CaseDetail>; isFresh: boolean } | undefined {
    return this.prepared;
  }

  /** Takes a case, or what is new in it: panes keep what they show, and empty ones are filled. */
  take(detail: CaseDetail): void {
    const first = this.detail === undefined || this.panes.every(({ choice }) => !choice);
    this.detail = detail;
    if (first) this.hang(detail);
    else this.refresh(detail);
  }

  private hang(detail: CaseDetail): void {
    const { layout, hung } = hang(detail, habitOf(this.account(), kindOf(readable(detail))), isSmall());
    this.use(layout);
    hung.forEach((choice, at) => choice && void this.panes[at]?.open(choice));
    this.at = Math.max(0, hung.findIndex((choice) => choice && standing(choice.series)?.findings.length));
  }

  private refresh(detail: CaseDetail): void {
    const now = readable(detail);
    for (const pane of this.panes) {
      const known = now.find(({ series }) => series.id === pane.choice?.series.id);
      if (known && pane.choice && signature(known) !== signature(pane.choice)) void pane.open(known);
      else if (known) pane.choice = known;
    }
    this.fill();
  }

  /** Puts series that hang nowhere into empty panes. */
  private fill(): void {
    const hung = new Set(this.panes.map(({ choice }) => choice?.series.id));
    const left = this.choices.filter(({ series }) => !hung.has(series.id));
    for (const pane of this.panes) {
      const next = pane.choice ? undefined : left.shift();
      if (next) void pane.open(next);
    }
  }

  useLayout(name: string): void {
    this.use(layoutNamed(name));
    this.fill();
  }

  /** The series being read along the three planes of the patient, beside itself. */
  useThreePlanes(): void {
    const choice = this.active?.choice;
    if (!choice) return;
    this.use(layoutNamed('2x2'));
    this.at = 0;
    this.linked = true;
    this.panes.forEach((pane, at) => {
      const view = (['acquired', 'axial', 'coronal', 'sagittal'] as const)[at]!;
      void pane.open(choice, view);
    });
  }

  private use(layout: Layout): void {
    const count = panesOf(layout);
    this.layout = layout;
    this.alone = false;
    this.panes.slice(count).forEach((pane) => pane.end());
    const kept = this.panes.slice(0, count);
    this.panes = [...kept, ...Array.from({ length: count - kept.length }, () => this.newPane())];
    this.at = Math.min(this.at, count - 1);
  }

  private newPane(): Reading {
    return new Reading({
      shelf: this.shelf,
      isActive: (pane) => pane === this.active,
      moved: (pane) => this.moved(pane),
      arrived: (pane) => this.arrived(pane),
    });
  }

  /** Keeps the layout and the roles in it as this reader's habit; again, and it is forgotten. */
  keepHabit(): void {
    if (!this.detail) return;
    const { detail } = this;
    const roles = this.panes.map(({ choice }) => (choice ? roleIn(choice, detail) : ''));
    keepHabit(this.account(), kindOf(this.choices), { layout: this.layout.name, roles });
  }

  select(pane: Reading): void {
    const at = this.panes.indexOf(pane);
    if (at >= 0) this.at = at;
  }

  selectNext(by: 1 | -1): void {
    this.at = (this.at + by + this.panes.length) % this.panes.length;
  }

  /** Opens a series in the pane being read. */
  choose(series: string): void {
    const choice = this.choices.find((one) => one.series.id === series);
    if (choice) void this.active?.open(choice);
  }

  moveSeries(by: number): void {
    const here = this.choices.findIndex(({ series }) => series.id === this.active?.choice?.series.id);
    const next = this.choices[here + by];
    if (next) this.choose(next.series.id);
  }

  useTool(tool: Tool): void {
    this.tool = tool;
    this.panes.forEach((pane) => pane.useDrag(isDrag(tool) ? tool : undefined));
    if (tool !== 'point') this.pointed = undefined;
  }

  setLook(change: Partial<OverlayLook>): void {
    this.look = { ...this.look, ...change };
    this.panes.forEach((pane) => pane.setLook(this.look));
  }

  setOpacity(opacity: number): void {
    this.setLook({ shown: true, opacity: Math.min(1, Math.max(0, opacity)) });
  }

  /** By hand: what plays stops. */
  step(by: number): void {
    this.cine.stop();
    this.active?.step(by);
  }

  toggleLinked(): void {
    this.linked = !this.linked;
    // What the reader has put side by side is the same place from now on.
    if (this.linked) this.anchors = anchoredHere(this.inOrder());
  }

  /** Points at a place of the patient: the other panes go there. */
  point(pane: Reading, point_mm: Vector): void {
    if (!pane.slice) return;
    this.pointed = { slice: pane.slice, point_mm };
    this.anchors = anchored(this.anchors, this.panes.map(({ slices }) => slices));
    for (const other of this.panes) {
      if (other === pane) continue;
      const index = sliceAt(point_mm, pane.slice, other.slices, this.anchors);
      if (index !== undefined) other.goTo(index);
    }
  }

  /** A point of one pane's coordinates in another's. */
  inPane(point_mm: Vector, from: Slice, to: Slice): Vector {
    return moved(point_mm, from, to, this.anchors);
  }

  /** Whether a pane follows the one being read only by an anchor, not by shared coordinates. */
  isApproximate(pane: Reading): boolean {
    const here = this.active?.slice;
    return this.linked && pane !== this.active && here !== undefined && pane.slice !== undefined && !sameFrame(here, pane.slice);
  }

  end(): void {
    this.prepared?.release();
    this.cine.stop();
    this.panes.forEach((pane) => pane.end());
    this.panes = [];
  }

  private moved(pane: Reading): void {
    if (!this.linked || pane !== this.active || !pane.slice) return;
    for (const other of this.panes) if (other !== pane) this.follow(other, pane.slice);
  }

  private follow(other: Reading, slice: Slice): void {
    this.anchors = anchored(this.anchors, this.panes.map(({ slices }) => slices));
    const index = linkedSlice(slice, other.slices, this.anchors);
    if (index !== undefined) other.goTo(index);
  }

  private arrived(pane: Reading): void {
    pane.setLook(this.look);
    if (pane === this.active) this.moved(pane);
    else if (this.linked && this.active?.slice && pane.slice) this.follow(pane, this.active.slice);
    this.settled();
  }

  /** Once every pane shows its series, what was prepared is held by the panes, and the next case is prepared. */
  private settled(): void {
    if (!this.panes.every((pane) => !pane.choice || pane.problem || (!pane.opening && pane.slices.length > 0))) return;
    this.prepared?.release();
    this.ready = true;
  }

  /** Prepares the case that is read next. */
  prepare(next: string | undefined): void {
    void ahead.prepare(next, this.account(), 'later');
  }

  private inOrder(): Reading[] {
    return this.active ? [this.active, ...this.panes.filter((pane) => pane !== this.active)] : [...this.panes];
  }
}

/** What makes a pane read its series again: more images, or a newer result. */
const signature = ({ series }: Readable): string =>
  [series.id, series.images, standing(series)?.segmentation?.sop_instance_uid].join();
