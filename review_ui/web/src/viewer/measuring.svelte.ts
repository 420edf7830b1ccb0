/** The reader's measures, kept while the case is open, and the drawing of one. */
import { type Measure, type MeasureKind, POINTS } from '../dicom/measure';
import type { Slice } from '../dicom/slices';
import type { Pixel } from '../dicom/space';

const LEAST_PIXELS = 0.5; // a click without a drag draws nothing

export class Measuring {
  all = $state.raw<readonly Measure[]>([]);
  selected = $state<number>();

  private serial = 0;
  private held: { id: number; point: number } | undefined;
  private unfinished: number | undefined; // an angle that lacks its second leg

  on(slice: Slice | undefined): readonly Measure[] {
    return this.all.filter(({ imageId }) => imageId === slice?.imageId);
  }

  /** Takes hold of a point of a measure. */
  hold(id: number, point: number): void {
    this.held = { id, point };
    this.selected = id;
  }

  /** Begins a measure at a pixel, or the second leg of an angle. */
  begin(kind: MeasureKind, slice: Slice, pixel: Pixel): void {
    const open = this.on(slice).find(({ id }) => id === this.unfinished);
    if (open) {
      this.change(open.id, [...open.points, pixel]);
      this.hold(open.id, open.points.length);
      this.unfinished = undefined;
      return;
    }
    const id = (this.serial += 1);
    this.all = [...this.all, { id, kind, imageId: slice.imageId, points: [pixel, pixel] }];
    this.hold(id, 1);
  }

  drag(pixel: Pixel): void {
    const measure = this.all.find(({ id }) => id === this.held?.id);
    if (measure) this.change(measure.id, measure.points.map((point, at) => (at === this.held!.point ? pixel : point)));
  }

  /** Lets go; true while the measure still lacks a point. */
  drop(): void {
    const measure = this.all.find(({ id }) => id === this.held?.id);
    this.held = undefined;
    if (!measure) return;
    const [a, b] = measure.points as [Pixel, Pixel];
    if (Math.hypot(a[0] - b[0], a[1] - b[1]) < LEAST_PIXELS) this.remove(measure.id);
    else if (measure.points.length < POINTS[measure.kind]) this.unfinished = measure.id;
  }

  get dragging(): boolean {
    return this.held !== undefined;
  }

  remove(id: number | undefined): void {
    this.all = this.all.filter((measure) => measure.id !== id);
    if (this.unfinished === id) this.unfinished = undefined;
    if (this.selected === id) this.selected = undefined;
  }

  /** The selected measure, or the last drawn on a slice. */
  removeOne(slice: Slice | undefined): void {
    this.remove(this.selected ?? this.on(slice).at(-1)?.id);
  }

  private change(id: number, points: readonly Pixel[]): void {
    this.all = this.all.map((measure) => (measure.id === id ? { ...measure, points } : measure));
  }
}
