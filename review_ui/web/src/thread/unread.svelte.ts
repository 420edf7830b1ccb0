/** How many messages one has not seen, case by case, read again when a case that may hold one changes. */
import { readUnread } from '../api/thread';
import type { Worklist } from '../cases/worklist.svelte';

const CALM_MS = 800;

export class Unread {
  of = $state.raw<ReadonlyMap<string, number>>(new Map());

  async load(): Promise<void> {
    const found = await readUnread().catch(() => undefined); // the lost line is said elsewhere
    if (found) this.of = new Map(found.map(({ case: id, unread }) => [id, unread]));
  }

  /** Keeps them true until the function it returns is called. */
  follow(worklist: Worklist): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = worklist.listen((row) => {
      if (!row.messages) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        void this.load();
      }, CALM_MS);
    });
    const elsewhere = worklist.listenFor('seen', () => void this.load()); // in another window of one's own
    void this.load();
    return () => {
      stop();
      elsewhere();
      clearTimeout(timer);
    };
  }
}
