/** What a pane knows of the board it hangs on. */
import type { PlaneName } from '../dicom/cuts';
import type { Shelf } from './load';
import type { Reading } from './reading.svelte';

export type View = 'acquired' | PlaneName;

/** What a pane needs of the board it hangs on. */
export interface Around {
  shelf: Shelf;
  isActive(reading: Reading): boolean;
  moved(reading: Reading): void; // another slice is on screen
  arrived(reading: Reading): void; // its first image is on screen
}
