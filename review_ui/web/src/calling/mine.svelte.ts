/** The calls that wait for one's own answer, read again whenever a case that may call somebody changes. */
import { readMyCalls, type MyCall } from '../api/calling';
import type { Worklist } from '../cases/worklist.svelte';

const CALM_MS = 400;
const AGAIN_MS = 60_000; // whatever was missed is found within a minute

export class MyCalls {
  calls = $state.raw<MyCall[]>([]);

  waits(caseId: string): MyCall | undefined {
    return this.calls.find((call) => call.case === caseId);
  }

  async load(): Promise<void> {
    this.calls = await readMyCalls().catch(() => this.calls); // the lost line is said elsewhere
  }

  /** Keeps them true until the function it returns is called. */
  follow(worklist: Worklist): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = worklist.listen((row) => {
      if (!row.called && !this.waits(row.id)) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        void this.load();
      }, CALM_MS);
    });
    const again = setInterval(() => void this.load(), AGAIN_MS);
    void this.load();
    return () => {
      stop();
      clearTimeout(timer);
      clearInterval(again);
    };
  }
}
