/** Paints a lesion mask over the image on screen: filled, with a sharp outline, at any zoom. */
import type { Types } from '@cornerstonejs/core';

const COLOURS = ['#38d6ff', '#ff8ae2', '#b6ff6b', '#c5a3ff']; // none of the tiers' colours
const OUTLINE_PX = 1.5;

export interface MaskPicture {
  fill: OffscreenCanvas;
  outline: Path2D; // in pixel-edge coordinates: (0, 0) is the corner of the first pixel
  columns: number;
  rows: number;
}

/** Corners of the image on the canvas, in CSS pixels: its origin and the ends of its first row and column. */
export interface Placement {
  origin: Types.Point2;
  rowEnd: Types.Point2;
  columnEnd: Types.Point2;
}

export const colourOf = (label: number): string => COLOURS[(label - 1) % COLOURS.length]!;

export function picture(labels: Uint8Array, columns: number, rows: number): MaskPicture {
  const fill = new OffscreenCanvas(columns, rows);
  const context = fill.getContext('2d')!;
  const image = context.createImageData(columns, rows);
  const colours = COLOURS.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
  labels.forEach((label, pixel) => {
    if (label) image.data.set([...colours[(label - 1) % colours.length]!, 255], pixel * 4);
  });
  context.putImageData(image, 0, 0);
  return { fill, outline: outlineOf(labels, columns, rows), columns, rows };
}

export function paint(canvas: HTMLCanvasElement, mask: MaskPicture | undefined, place: Placement, opacity: number): void {
  const context = fitted(canvas);
  if (!mask) return;
  const ratio = window.devicePixelRatio;
  const matrix = matrixOf(place, mask);
  context.imageSmoothingEnabled = false;
  context.globalAlpha = opacity;
  context.setTransform(new DOMMatrix().scale(ratio).multiply(matrix));
  context.drawImage(mask.fill, 0, 0);
  const outline = new Path2D();
  outline.addPath(mask.outline, matrix);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.globalAlpha = 1;
  context.strokeStyle = colourOf(1);
  context.lineWidth = OUTLINE_PX;
  context.stroke(outline);
}

function fitted(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((size) => Math.round(size * window.devicePixelRatio));
  if (canvas.width !== width) canvas.width = width!;
  if (canvas.height !== height) canvas.height = height!;
  const context = canvas.getContext('2d')!;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  return context;
}

function matrixOf({ origin, rowEnd, columnEnd }: Placement, { columns, rows }: MaskPicture): DOMMatrix {
  return new DOMMatrix([
    (rowEnd[0] - origin[0]) / columns,
    (rowEnd[1] - origin[1]) / columns,
    (columnEnd[0] - origin[0]) / rows,
    (columnEnd[1] - origin[1]) / rows,
    origin[0],
    origin[1],
  ]);
}

/** The edges between pixels of different labels. */
function outlineOf(labels: Uint8Array, columns: number, rows: number): Path2D {
  const path = new Path2D();
  const at = (x: number, y: number): number => (x < 0 || y < 0 || x >= columns || y >= rows ? 0 : labels[y * columns + x]!);
  for (let y = 0; y <= rows; y++) {
    for (let x = 0; x <= columns; x++) {
      if (at(x, y) !== at(x - 1, y)) segment(path, x, y, x, y + 1);
      if (at(x, y) !== at(x, y - 1)) segment(path, x, y, x + 1, y);
    }
  }
  return path;
}

function segment(path: Path2D, x0: number, y0: number, x1: number, y1: number): void {
  path.moveTo(x0, y0);
  path.lineTo(x1, y1);
}
