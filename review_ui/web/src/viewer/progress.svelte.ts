/** Which slices of a pane's series have come whole, and which cannot be shown. */
import type { Slice } from '../dicom/slices';

export class Progress {
  loaded = $state.raw<ReadonlySet<string>>(new Set());
  failed = $state.raw<ReadonlySet<string>>(new Set());

  note(imageId: string, failed: boolean): void {
    if (failed) this.failed = new Set([...this.failed, imageId]);
    else if (!this.loaded.has(imageId)) this.loaded = new Set([...this.loaded, imageId]);
  }

  hasFailed(slice: Slice | undefined): boolean {
    return slice !== undefined && this.failed.has(slice.imageId);
  }

  clear(): void {
    this.loaded = new Set();
    this.failed = new Set();
  }
}
