/** What the mouse, the wheel and the fingers do on a pane. */
import type { Drag } from './drag-kind';

/** What a pane does when it is dragged. */
export interface Draggable {
  scroll(by: number): void; // slices
  window(wider: number, brighter: number): void; // CSS pixels dragged to the right and up
  pan(x: number, y: number): void;
  zoom(factor: number, at: readonly [number, number]): void;
  readonly slices: number;
}

export interface Dragging {
  use(drag: Drag | undefined): void; // undefined: dragging is somebody else's, as when measuring
  end(): void;
}

const LEAST_PX_A_SLICE = 4;
const MOST_PX_A_SLICE = 40;
const ZOOM_PER_PX = 1.008;
const WHEEL_STEP = 60; // what a touchpad sends in pieces; a mouse's click of the wheel is more

interface Finger {
  x: number;
  y: number;
}

export function dragOn(element: HTMLElement, primary: Drag | undefined, pane: Draggable): Dragging {
  const made = new Drags(element, pane);
  made.use(primary);
  return made;
}

class Drags implements Dragging {
  private primary: Drag | undefined;
  private doing: Drag | undefined;
  private readonly fingers = new Map<number, Finger>();
  private readonly stop = new AbortController();
  private begun: Finger = { x: 0, y: 0 };
  private rest = 0; // of a slice, dragged or turned
  private turned = 0; // of the wheel

  constructor(
    private readonly element: HTMLElement,
    private readonly pane: Draggable,
  ) {
    const { signal } = this.stop;
    element.addEventListener('pointerdown', (event) => this.down(event), { signal });
    element.addEventListener('pointermove', (event) => this.move(event), { signal });
    for (const name of ['pointerup', 'pointercancel', 'lostpointercapture'] as const) {
      element.addEventListener(name, (event) => this.up(event), { signal });
    }
    element.addEventListener('wheel', (event) => this.wheel(event), { signal, passive: false });
  }

  use(drag: Drag | undefined): void {
    this.primary = drag;
  }

  end(): void {
    this.stop.abort();
  }

  private down(event: PointerEvent): void {
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.doing = this.fingers.size > 1 ? undefined : this.meant(event);
    this.rest = 0;
    const { left, top } = this.element.getBoundingClientRect();
    this.begun = { x: event.clientX - left, y: event.clientY - top };
    if (this.doing || this.fingers.size > 1) this.element.setPointerCapture(event.pointerId);
  }

  private meant({ button, shiftKey }: PointerEvent): Drag | undefined {
    if (button === 2) return 'zoom';
    return button === 1 || shiftKey ? 'pan' : this.primary;
  }

  private move(event: PointerEvent): void {
    const finger = this.fingers.get(event.pointerId);
    if (!finger) return;
    const [dx, dy] = [event.clientX - finger.x, event.clientY - finger.y];
    const apart = this.spread();
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.fingers.size > 1) this.pinch(dx, dy, apart);
    else if (this.doing === 'scroll') this.scroll(dy);
    else if (this.doing === 'window') this.pane.window(dx, -dy);
    else if (this.doing === 'pan') this.pane.pan(dx, dy);
    else if (this.doing === 'zoom') this.pane.zoom(ZOOM_PER_PX ** dy, [this.begun.x, this.begun.y]);
  }

  /** Two fingers move the picture together, and magnify it as they part. */
  private pinch(dx: number, dy: number, before: number): void {
    this.pane.pan(dx / this.fingers.size, dy / this.fingers.size);
    const { left, top } = this.element.getBoundingClientRect();
    const all = [...this.fingers.values()];
    const middle = (of: 'x' | 'y'): number => all.reduce((sum, finger) => sum + finger[of], 0) / all.length;
    if (before > 0) this.pane.zoom(this.spread() / before, [middle('x') - left, middle('y') - top]);
  }

  private spread(): number {
    const [one, other] = [...this.fingers.values()];
    return one && other ? Math.hypot(one.x - other.x, one.y - other.y) : 0;
  }

  private scroll(dy: number): void {
    const perSlice = this.element.clientHeight / Math.max(1, this.pane.slices);
    this.rest += dy / Math.min(MOST_PX_A_SLICE, Math.max(LEAST_PX_A_SLICE, perSlice));
    const by = Math.trunc(this.rest);
    this.rest -= by;
    if (by) this.pane.scroll(by);
  }

  private up(event: PointerEvent): void {
    this.fingers.delete(event.pointerId);
    this.doing = undefined; // the finger that is left of two neither scrolls nor windows
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL;
    if (!pixels || Math.abs(event.deltaY) >= WHEEL_STEP) return this.pane.scroll(Math.sign(event.deltaY));
    this.turned += event.deltaY;
    const by = Math.trunc(this.turned / WHEEL_STEP);
    this.turned -= by * WHEEL_STEP;
    if (by) this.pane.scroll(by);
  }
}
