/** Between the pixels of a slice and where they are on screen. */
import type { Pixel } from '../dicom/space';
import type { Placement } from '../engine/overlay';

interface Size {
  rows: number;
  columns: number;
}

/** CSS pixels of a pixel's centre. */
export function onScreen({ origin, rowEnd, columnEnd }: Placement, { columns, rows }: Size, [column, row]: Pixel): [number, number] {
  const [u, v] = [(column + 0.5) / columns, (row + 0.5) / rows];
  return [
    origin[0] + u * (rowEnd[0] - origin[0]) + v * (columnEnd[0] - origin[0]),
    origin[1] + u * (rowEnd[1] - origin[1]) + v * (columnEnd[1] - origin[1]),
  ];
}

/** The pixel, as fractions, at a point of the screen. */
export function pixelAt({ origin, rowEnd, columnEnd }: Placement, { columns, rows }: Size, [x, y]: readonly [number, number]): Pixel {
  const [ax, ay, bx, by] = [rowEnd[0] - origin[0], rowEnd[1] - origin[1], columnEnd[0] - origin[0], columnEnd[1] - origin[1]];
  const [px, py] = [x - origin[0], y - origin[1]];
  const across = ax * by - ay * bx;
  return [((px * by - py * bx) / across) * columns - 0.5, ((ax * py - ay * px) / across) * rows - 0.5];
}

const BARS_MM = [100, 50, 20, 10, 5, 2, 1];

/** A scale bar of a round length that takes at most a quarter of the pane. */
export function scaleBar({ origin, rowEnd }: Placement, columns: number, spacing_mm: number, width: number): { mm: number; px: number } | undefined {
  const perMm = Math.hypot(rowEnd[0] - origin[0], rowEnd[1] - origin[1]) / (columns * spacing_mm);
  const mm = BARS_MM.find((length) => length * perMm <= width / 4);
  return mm && Number.isFinite(perMm) ? { mm, px: mm * perMm } : undefined;
}
