/** What tests in a browser may ask of the viewer; it shows nothing that is not on screen. */
import type { EdgeLetters } from '../dicom/geometry';
import type { Range } from './windows';

export interface ViewerHooks {
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
  voxel(column: number, row: number): number | undefined;
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
