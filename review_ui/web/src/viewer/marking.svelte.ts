/** The lesion masks of one pane's series: read when there is a newer result, laid on all its slices. */
import { standing } from '../case/standing';
import type { Masks } from '../dicom/masks';
import type { Slice } from '../dicom/slices';
import type { LabelsOf } from '../engine/pane';
import type { Readable } from './choice';
import { masksOf } from './load';

export class Marking {
  masks = $state.raw<Masks>();
  failed = $state(false);

  private shown = '';

  constructor(private readonly onChange: () => void) {}

  readonly labelsOf: LabelsOf = (slice) => this.masks?.bySlice.get(slice.imageId);

  /** Reads the masks of the standing result, unless they are the ones shown. */
  async load(choice: Readable, slices: readonly Slice[], signal: AbortSignal): Promise<void> {
    const made = standing(choice.series)?.segmentation;
    const wanted = made ? `${made.sop_instance_uid} on ${slices.length}` : '';
    if (wanted === this.shown) return;
    this.failed = false;
    try {
      const masks = await masksOf(choice, slices, signal);
      if (signal.aborted) return;
      this.masks = masks;
      this.shown = wanted;
      this.onChange();
    } catch {
      if (!signal.aborted) this.failed = true; // said on the image; the images themselves stay
    }
  }

  clear(): void {
    this.masks = undefined;
    this.failed = false;
    this.shown = '';
    this.onChange();
  }
}
