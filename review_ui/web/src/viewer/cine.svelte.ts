/** Plays the slices of the pane being read, to and fro. */
import type { Reading } from './reading.svelte';

export const SPEEDS = [5, 10, 20] as const; // slices a second

export class Cine {
  playing = $state(false);
  speed = $state<number>(10);

  private timer: ReturnType<typeof setTimeout> | undefined;
  private by: 1 | -1 = 1;

  constructor(private readonly reading: () => Reading | undefined) {}

  toggle(): void {
    if (this.playing) this.stop();
    else this.start();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.playing = false;
  }

  private start(): void {
    this.playing = true;
    this.by = 1;
    this.next();
  }

  private next(): void {
    this.timer = setTimeout(() => {
      this.step();
      if (this.playing) this.next();
    }, 1000 / this.speed);
  }

  /** One slice on, once the last one is on screen: a slow machine plays slower and leaves nothing out. */
  private step(): void {
    const reading = this.reading();
    if (!reading || reading.slices.length < 2) return this.stop();
    if (!reading.settled) return;
    if (reading.index >= reading.slices.length - 1) this.by = -1;
    if (reading.index <= 0) this.by = 1;
    reading.step(this.by);
  }
}
