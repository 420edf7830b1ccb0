/** Where a picture lies in its pane, in CSS pixels. */
import type { Slice } from '../dicom/slices';
import type { Placement } from './overlay';

export interface Size {
  width: number;
  height: number;
}

/** How the reader has moved and magnified: 1 fills the pane, and the offset is from its middle. */
export interface Camera {
  zoom: number;
  x: number;
  y: number;
}

export const FITTED: Camera = { zoom: 1, x: 0, y: 0 };
const CLOSEST = 30;
const FARTHEST = 0.2;

type Shape = Pick<Slice, 'rows' | 'columns' | 'spacing_mm'>;

/** Corners of the picture; pixels are as tall and wide as they are in the patient. */
export function placed({ rows, columns, spacing_mm }: Shape, pane: Size, camera: Camera): Placement {
  const aspect = spacing_mm ? spacing_mm.rows / spacing_mm.columns : 1;
  const scale = camera.zoom * Math.min(pane.width / columns, pane.height / (rows * aspect));
  const [width, height] = [columns * scale, rows * aspect * scale];
  const [left, top] = [(pane.width - width) / 2 + camera.x, (pane.height - height) / 2 + camera.y];
  return { origin: [left, top], rowEnd: [left + width, top], columnEnd: [left, top + height] };
}

/** Magnified about a point of the pane, which stays where it is. */
export function zoomed(camera: Camera, factor: number, pane: Size, at: readonly [number, number]): Camera {
  const zoom = Math.min(CLOSEST, Math.max(FARTHEST, camera.zoom * factor));
  const share = zoom / camera.zoom;
  const [x, y] = [at[0] - pane.width / 2, at[1] - pane.height / 2];
  return { zoom, x: x - (x - camera.x) * share, y: y - (y - camera.y) * share };
}
