/** Paints a lesion mask over the image on screen: filled, with a sharp outline, at any zoom. */
import { channelsOf, colourOf } from '../viewer/colours';

const OUTLINE_PX = 1.5;

interface Look {
  opacity: number;
  outline: boolean;
}

export interface MaskPicture {
  fill: OffscreenCanvas;
  outlines: ReadonlyMap<number, Path2D>; // by label, in pixel-edge coordinates: (0, 0) is the corner of the first pixel
  columns: number;
  rows: number;
}

export type Point = readonly [x: number, y: number];

/** Corners of the image on the canvas, in CSS pixels: its origin and the ends of its first row and column. */
export interface Placement {
  origin: Point;
  rowEnd: Point;
  columnEnd: Point;
}

export function picture(labels: Uint8Array, columns: number, rows: number, hidden: ReadonlySet<number>): MaskPicture {
  const seen = hidden.size ? labels.map((label) => (hidden.has(label) ? 0 : label)) : labels;
  const fill = new OffscreenCanvas(columns, rows);
  const context = fill.getContext('2d')!;
  const image = context.createImageData(columns, rows);
  seen.forEach((label, pixel) => {
    if (label) image.data.set([...channelsOf(label), 255], pixel * 4);
  });
  context.putImageData(image, 0, 0);
  return { fill, outlines: outlinesOf(seen, columns, rows), columns, rows };
}

export function paint(canvas: HTMLCanvasElement, mask: MaskPicture | undefined, place: Placement, look: Look): void {
  const context = fitted(canvas);
  if (!mask) return;
  const ratio = window.devicePixelRatio;
  const matrix = matrixOf(place, mask);
  context.imageSmoothingEnabled = false;
  context.globalAlpha = look.opacity;
  context.setTransform(new DOMMatrix().scale(ratio).multiply(matrix));
  context.drawImage(mask.fill, 0, 0);
  if (!look.outline) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.globalAlpha = 1;
  context.lineWidth = OUTLINE_PX;
  for (const [label, path] of mask.outlines) {
    const outline = new Path2D();
    outline.addPath(path, matrix);
    context.strokeStyle = colourOf(label);
    context.stroke(outline);
  }
}

/** A canvas of its element's size, empty; its context is in device pixels. */
export function fitted(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((size) => Math.round(size * window.devicePixelRatio));
  if (canvas.width !== width) canvas.width = width!;
  if (canvas.height !== height) canvas.height = height!;
  const context = canvas.getContext('2d')!;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  return context;
}

/** From a picture's pixels, (0, 0) being the corner of the first, to CSS pixels. */
export function matrixOf({ origin, rowEnd, columnEnd }: Placement, { columns, rows }: { columns: number; rows: number }): DOMMatrix {
  return new DOMMatrix([
    (rowEnd[0] - origin[0]) / columns,
    (rowEnd[1] - origin[1]) / columns,
    (columnEnd[0] - origin[0]) / rows,
    (columnEnd[1] - origin[1]) / rows,
    origin[0],
    origin[1],
  ]);
}

/** For each label the edges of its pixels towards any other; an edge between two labels is drawn once. */
function outlinesOf(labels: Uint8Array, columns: number, rows: number): ReadonlyMap<number, Path2D> {
  const paths = new Map<number, Path2D>();
  const at = (x: number, y: number): number => (x < 0 || y < 0 || x >= columns || y >= rows ? 0 : labels[y * columns + x]!);
  const pathOf = (label: number): Path2D => {
    const path = paths.get(label) ?? new Path2D();
    paths.set(label, path);
    return path;
  };
  for (let y = 0; y <= rows; y++) {
    for (let x = 0; x <= columns; x++) {
      const [here, left, above] = [at(x, y), at(x - 1, y), at(x, y - 1)];
      if (here !== left) segment(pathOf(here || left), x, y, x, y + 1);
      if (here !== above) segment(pathOf(here || above), x, y, x + 1, y);
    }
  }
  return paths;
}

function segment(path: Path2D, x0: number, y0: number, x1: number, y1: number): void {
  path.moveTo(x0, y0);
  path.lineTo(x1, y1);
}
