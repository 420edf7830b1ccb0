/** Draws a slice through a display window onto a canvas. */
import type { Range } from '../viewer/windows';
import type { Shown } from './images';
import { fitted, matrixOf, type Placement } from './overlay';

interface Drawn {
  picture: Shown;
  range: Range;
  inverted: boolean;
}

export class Drawing {
  private readonly grey = document.createElement('canvas');
  private last: Drawn | undefined;

  constructor(private readonly canvas: HTMLCanvasElement) {}

  draw(picture: Shown, range: Range, inverted: boolean, place: Placement): void {
    const { last } = this;
    const same = last?.picture === picture && last.range.lower === range.lower && last.range.upper === range.upper && last.inverted === inverted;
    if (!same) this.window({ picture, range, inverted });
    const context = fitted(this.canvas);
    context.setTransform(new DOMMatrix().scale(window.devicePixelRatio).multiply(matrixOf(place, picture)));
    context.imageSmoothingEnabled = true;
    context.drawImage(this.grey, 0, 0);
  }

  clear(): void {
    this.last = undefined;
    fitted(this.canvas);
  }

  /** The picture as greys, or colours as they are, one canvas pixel for each of its own. */
  private window(drawn: Drawn): void {
    const { columns, rows, colours } = drawn.picture;
    if (this.grey.width !== columns) this.grey.width = columns;
    if (this.grey.height !== rows) this.grey.height = rows;
    const context = this.grey.getContext('2d')!;
    const image = context.createImageData(columns, rows);
    if (colours) image.data.set(colours);
    else greys(new Uint32Array(image.data.buffer), drawn);
    context.putImageData(image, 0, 0);
    this.last = drawn;
  }
}

const OPAQUE = 0xff000000; // as all browsers we know run on little-endian machines

/** From `lower`, black, to `upper`, white (LINEAR_EXACT, PS3.3 C.11.2.1.3.2). */
export function greys(out: Uint32Array, { picture, range, inverted }: Drawn): void {
  const { values, least, greatest } = picture;
  const scale = 255 / Math.max(range.upper - range.lower, 1e-9);
  const grey = (value: number): number => {
    const level = Math.min(255, Math.max(0, Math.round((value - range.lower) * scale)));
    const shown = inverted ? 255 - level : level;
    return (OPAQUE | (shown << 16) | (shown << 8) | shown) >>> 0;
  };
  if (values instanceof Float32Array) return out.forEach((_, at) => (out[at] = grey(values[at]!)));
  const table = Uint32Array.from({ length: greatest - least + 1 }, (_, step) => grey(least + step));
  for (let at = 0; at < out.length; at++) out[at] = table[values![at]! - least]!;
}
