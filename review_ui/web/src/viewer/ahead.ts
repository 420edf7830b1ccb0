/** Prepares the case that is read next while this one is read: its headers, and the slices it will open at. */
import { readCase } from '../api/calls';
import type { CaseRow } from '../api/types';
import { isTooLarge } from '../dicom/slices';
import { stacksOf } from '../dicom/stacks';
import { readable } from './choice';
import { habitOf } from './habits';
import { hang, kindOf } from './layouts';
import { Shelf } from './load';
import { openingIndex } from './opening';

const AROUND = 2; // slices to either side of where a series opens

interface Prepared {
  id: string;
  shelf: Shelf;
  release: () => void;
}

/** The case after this one in the order of the worklist that nobody has taken; the first again after the last. */
export function nextCase(rows: readonly CaseRow[], id: string): string | undefined {
  const here = rows.findIndex((row) => row.id === id);
  const after = [...rows.slice(here + 1), ...rows.slice(0, Math.max(0, here))];
  return after.find((row) => row.owner === null)?.id;
}

class Ahead {
  private prepared: Prepared | undefined;

  /** Prepares one case and forgets the one prepared before; what goes wrong is left to the case's own opening. */
  async prepare(id: string | undefined, account: string, small: boolean): Promise<void> {
    if (id === this.prepared?.id) return;
    this.forget();
    if (id === undefined) return;
    const mine: Prepared = { id, shelf: new Shelf(), release: () => undefined };
    this.prepared = mine;
    try {
      await this.fetch(mine, account, small);
    } catch {
      if (this.prepared === mine) this.forget();
    }
  }

  /** What was prepared for a case; whoever takes it releases it, once its own panes hold the slices. */
  take(id: string): Prepared | undefined {
    if (this.prepared?.id !== id) return undefined;
    const { prepared } = this;
    this.prepared = undefined;
    return prepared;
  }

  private forget(): void {
    this.prepared?.release();
    this.prepared = undefined;
  }

  private async fetch(mine: Prepared, account: string, small: boolean): Promise<void> {
    const detail = await readCase(mine.id);
    const engine = await import('../engine/pane');
    const { hung } = hang(detail, habitOf(account, kindOf(readable(detail))), small);
    for (const choice of hung) {
      const slices = choice ? (await mine.shelf.slices(choice)).filter((slice) => !isTooLarge(slice)) : [];
      if (!choice || !slices.length || this.prepared !== mine) continue;
      const stack = stacksOf(slices)[0]!.slices;
      const at = openingIndex(choice, stack);
      const near = stack.slice(Math.max(0, at - AROUND), at + AROUND + 1);
      const drop = engine.hold(near);
      const imageIds = near.map(({ imageId }) => imageId);
      const stop = engine.loadAhead({ imageIds, around: () => Math.min(at, AROUND), rank: () => 2, onEnd: () => undefined });
      const { release } = mine;
      mine.release = () => {
        release();
        stop();
        drop();
      };
    }
  }
}

/** One for the whole page, as it outlives each case. */
export const ahead = new Ahead();
