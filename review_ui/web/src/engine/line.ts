/** How fast the line is, measured on the frames that come, and whether its bytes are dear. */
import type { Pace } from './order';
import { isThrifty } from './thrift';

const LATEST = 8; // frames
const LEAST_BYTES = 8_000; // less comes in one packet, or from the browser's own store
const SLOW_BITS_PER_S = 25e6;

interface Frame {
  bytes: number;
  from_ms: number; // of its first byte: how long the server took is not the line's
  to_ms: number; // of its last
}

export class Line {
  private frames: Frame[] = [];

  /** Listens to what the page fetches, as long as the page lives. */
  listen(): void {
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as PerformanceResourceTiming[]) {
        if (entry.name.includes('/frames/')) this.note({ bytes: entry.transferSize, from_ms: entry.responseStart, to_ms: entry.responseEnd });
      }
    }).observe({ type: 'resource' });
  }

  /** Takes in one frame. */
  note(frame: Frame): void {
    if (frame.bytes > LEAST_BYTES) this.frames = [...this.frames, frame].slice(-LATEST);
  }

  get pace(): Pace {
    if (isThrifty()) return 'thrifty';
    return this.slow ? 'slow' : 'fast';
  }

  get slow(): boolean {
    if (this.frames.length === 0) return false;
    const bytes = this.frames.reduce((sum, frame) => sum + frame.bytes, 0);
    const from = Math.min(...this.frames.map(({ from_ms }) => from_ms));
    const to = Math.max(...this.frames.map(({ to_ms }) => to_ms));
    // A pause between two of them makes the line look slow; no single frame was then.
    const single = Math.max(...this.frames.map((frame) => rate(frame.bytes, frame.to_ms - frame.from_ms)));
    return Math.max(rate(bytes, to - from), single) < SLOW_BITS_PER_S;
  }
}

const rate = (bytes: number, ms: number): number => (bytes * 8000) / Math.max(ms, 0.1);
