/** Reading a series: its slices in order, and the lesion masks that lie on them. */
import { frameAddress, readInstance, readMetadata } from '../api/dicomweb';
import { standing } from '../case/standing';
import { layMasks, type Masks } from '../dicom/masks';
import { type Slice, slicesOf } from '../dicom/slices';
import type { Readable } from './choice';

/** Series read before, so that panes that show the same one, or a case opened after it was prepared, read it once. */
export class Shelf {
  private readonly known = new Map<string, Promise<Slice[]>>();

  slices(choice: Readable): Promise<Slice[]> {
    const key = `${choice.series.id} ${choice.series.images}`;
    const reading = this.known.get(key) ?? read(choice);
    this.known.set(key, reading);
    reading.catch(() => this.known.delete(key)); // asked for again, it is read again
    return reading;
  }
}

async function read(choice: Readable): Promise<Slice[]> {
  const metadata = await readMetadata(choice.study, choice.series);
  return slicesOf(metadata, frameAddress(choice.study, choice.series));
}

/** The masks of a series' standing result, laid on its slices; undefined when it has none. */
export async function masksOf(choice: Readable, slices: readonly Slice[], signal: AbortSignal): Promise<Masks | undefined> {
  const made = standing(choice.series)?.segmentation;
  if (!made) return undefined;
  const { parseSegmentation } = await import('../dicom/segmentation');
  const part10 = await readInstance(choice.study, made.series_instance_uid, made.sop_instance_uid, signal);
  return layMasks(parseSegmentation(part10), slices);
}
