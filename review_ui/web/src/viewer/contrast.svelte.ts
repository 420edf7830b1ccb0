/** The display window of one pane: a named one, the series' own, or what the reader has dragged it to. */
import type { Pane } from '../engine/pane';
import { firstWindow, namedRange, nameOf, type Range, type WindowName } from './windows';

export class Contrast {
  range = $state.raw<Range>();

  private isAuto = $state(false); // the window is the series' own

  name = $derived<WindowName | undefined>(this.range && (nameOf(this.range) ?? (this.isAuto ? 'auto' : undefined)));

  constructor(private readonly pane: () => Pane | undefined) {}

  use(name: WindowName): void {
    const range = namedRange(name) ?? this.pane()?.ownRange();
    if (range) this.pane()?.setRange(range);
    this.isAuto = name === 'auto';
  }

  /** What to show slices with: the window the reader has, or the first of a role; undefined is the images' own. */
  toShow(role: string, keep: boolean): Range | undefined {
    if (keep && this.range) return this.isAuto ? undefined : this.range;
    return namedRange(firstWindow(role));
  }

  /** Remembers, once slices are on screen, that they are shown with their own window. */
  shown(range: Range | undefined): void {
    this.isAuto = range === undefined;
  }

  /** Takes in what the pane shows now. */
  took(range: Range): void {
    const moved = this.range && (range.lower !== this.range.lower || range.upper !== this.range.upper);
    if (moved) this.isAuto = false;
    this.range = range;
  }
}
