/** What tests in a browser may ask of the viewer; it shows nothing that is not on screen. */
import { isPlaced, patientOf } from '../dicom/space';
import type { EdgeLetters, Vector } from '../dicom/geometry';
import { held } from '../engine/pane';
import type { Board } from './board.svelte';
import { onScreen } from './picture';
import type { Reading } from './reading.svelte';
import type { Range } from './windows';

export interface PaneHooks {
  readonly index: number;
  readonly count: number;
  readonly range: Range | undefined;
  readonly letters: EdgeLetters | undefined;
  readonly position_mm: number | undefined;
  readonly overlayVoxels: number; // on this slice
  readonly overlayVoxelsInAll: number;
  readonly loaded: number;
  readonly reduced: boolean;
  readonly series: string | undefined;
  readonly view: string;
  readonly slab_mm: number;
  readonly size: readonly [columns: number, rows: number];
  voxel(column: number, row: number): number | undefined;
  patient(column: number, row: number): Vector | undefined; // of a pixel's centre, in mm
  screenOf(column: number, row: number): readonly [x: number, y: number] | undefined; // in CSS pixels of the pane
}

export interface ViewerHooks extends PaneHooks {
  readonly panes: readonly PaneHooks[];
  readonly at: number;
  held(): ReturnType<typeof held>;
}

declare global {
  interface Window {
    __neurovigie?: ViewerHooks;
  }
}

export function offerHooks(hooks: ViewerHooks): () => void {
  window.__neurovigie = hooks;
  return () => {
    if (window.__neurovigie === hooks) delete window.__neurovigie;
  };
}

/** The hooks of the pane being read, with those of all panes. */
export function boardHooks(board: Board): ViewerHooks {
  const active = paneHooks(() => board.active);
  return Object.defineProperties(active, {
    panes: { get: () => board.panes.map((pane) => paneHooks(() => pane)) },
    at: { get: () => board.at },
    held: { value: held },
  }) as ViewerHooks;
}

function paneHooks(reading: () => Reading | undefined): PaneHooks {
  return {
    get index() { return reading()?.index ?? 0; },
    get count() { return reading()?.slices.length ?? 0; },
    get range() { return reading()?.contrast.range; },
    get letters() { return reading()?.letters; },
    get position_mm() { return reading()?.slice?.position_mm; },
    get overlayVoxels() { return reading()?.overlayVoxels() ?? 0; },
    get overlayVoxelsInAll() { return reading()?.marking.masks?.voxels ?? 0; },
    get reduced() { return reading()?.reduced ?? false; },
    get loaded() { return reading()?.progress.loaded.size ?? 0; },
    get series() { return reading()?.choice?.series.series_instance_uid; },
    get view() { return reading()?.view ?? ''; },
    get slab_mm() { return reading()?.slab_mm ?? 0; },
    get size() { return [reading()?.slice?.columns ?? 0, reading()?.slice?.rows ?? 0] as const; },
    voxel: (column, row) => reading()?.voxel(column, row),
    patient: (column, row) => {
      const slice = reading()?.slice;
      return isPlaced(slice) ? patientOf(slice, [column, row]) : undefined;
    },
    screenOf: (column, row) => {
      const { place, slice } = reading() ?? {};
      return place && slice && onScreen(place, slice, [column, row]);
    },
  }; // prettier-ignore
}
