/** Prepares the case that is read next while this one is read, or the one that the page was opened at. */
import { readCase } from '../api/calls';
import type { CaseDetail, CaseRow } from '../api/types';
import { isTooLarge, type Slice } from '../dicom/slices';
import { stacksOf } from '../dicom/stacks';
import { hold, loadAhead, loadNow } from '../engine/pane';
import { isThrifty } from '../engine/thrift';
import { readable } from './choice';
import { habitOf } from './habits';
import { hang, kindOf } from './layouts';
import { Shelf } from './load';
import { openingIndex } from './opening';

const AROUND = 2; // slices to either side of where a series opens
const FRESH_MS = 2_000; // what was read of a case before that is read again once it is shown

/** Where one pane is all there is room for. */
export const isSmall = (): boolean => window.matchMedia('(max-width: 900px)').matches;

/** `now`: somebody waits for it. */
type When = 'now' | 'later';

/** Headers and slices of a case that nobody has opened yet. */
class Prepared {
  readonly shelf = new Shelf();
  readonly detail: Promise<CaseDetail>;
  private readonly asked_ms = performance.now();
  private drops: (() => void)[] = [];
  private released = false;

  constructor(readonly id: string) {
    this.detail = readCase(id);
  }

  get isFresh(): boolean {
    return performance.now() - this.asked_ms < FRESH_MS;
  }

  /** Gives everything back; the panes of the case hold their slices themselves by then. */
  release(): void {
    this.released = true;
    this.drops.splice(0).forEach((drop) => drop());
  }

  async fetch(account: string, when: When): Promise<void> {
    const detail = await this.detail;
    const { hung } = hang(detail, habitOf(account, kindOf(readable(detail))), isSmall());
    for (const choice of hung) {
      const slices = choice ? (await this.shelf.slices(choice)).filter((slice) => !isTooLarge(slice)) : [];
      if (!choice || !slices.length || this.released) continue;
      const stack = stacksOf(slices)[0]!.slices;
      this.load(stack, openingIndex(choice, stack), when);
    }
  }

  private load(stack: readonly Slice[], at: number, when: When): void {
    const around = when === 'now' ? 0 : AROUND;
    const near = stack.slice(Math.max(0, at - around), at + around + 1);
    const imageIds = near.map(({ imageId }) => imageId);
    this.drops.push(hold(near));
    if (when === 'now') imageIds.forEach(loadNow);
    else this.drops.push(loadAhead({ imageIds, around: () => Math.min(at, AROUND), rank: () => 2, onEnd: () => undefined }));
  }
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
  async prepare(id: string | undefined, account: string, when: When): Promise<void> {
    if (id === this.prepared?.id) return;
    this.prepared?.release();
    this.prepared = id === undefined || (when === 'later' && isThrifty()) ? undefined : new Prepared(id);
    const mine = this.prepared;
    try {
      await mine?.fetch(account, when);
    } catch {
      if (this.prepared === mine) this.prepared = undefined;
      mine?.release();
    }
  }

  /** What was prepared for a case; whoever takes it releases it, once its own panes hold the slices. */
  take(id: string): Prepared | undefined {
    if (this.prepared?.id !== id) return undefined;
    const { prepared } = this;
    this.prepared = undefined;
    return prepared;
  }
}

/** One for the whole page, as it outlives each case. */
export const ahead = new Ahead();
