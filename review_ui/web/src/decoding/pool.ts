/** Workers that decode: one from the start, more when there is more to do than it can. */
import type { Picture } from './decode';
import type { Format } from './format';
import type { Done, Task } from './worker';

const most = (): number => Math.min(3, Math.max(1, (navigator.hardwareConcurrency || 2) - 1));
const LONGEST_MS = 20_000; // a decoder that dies says nothing

interface Waiting {
  task: Task;
  urgent: boolean;
  done: (picture: Picture) => void;
  failed: (error: Error) => void;
}

interface Busy {
  worker: Worker;
  waiting: Waiting | undefined;
  timer?: ReturnType<typeof setTimeout>;
}

const GETTING_READY: Omit<Task, 'id'> = { transferSyntax: '', format: {} as Format, levels: 0 };

class Pool {
  private all: Busy[] = [];
  private queue: Waiting[] = [];
  private tasks = 0;

  /** Starts the first worker, so that it is ready when the first frame comes. */
  warm(): void {
    if (this.all.length === 0) this.add().worker.postMessage({ id: 0, ...GETTING_READY } satisfies Task);
  }

  /** Decodes; what is urgent goes before what waits. */
  decode(bytes: Uint8Array, transferSyntax: string, format: Format, levels: number, urgent: boolean): Promise<Picture> {
    const task: Task = { id: (this.tasks += 1), bytes, transferSyntax, format, levels };
    return new Promise((done, failed) => {
      const waiting = { task, urgent, done, failed };
      if (urgent) this.queue.unshift(waiting);
      else this.queue.push(waiting);
      this.next();
    });
  }

  private next(): void {
    const [waiting] = this.queue;
    const free = this.all.find((one) => !one.waiting) ?? (this.all.length < most() ? this.add() : undefined);
    if (!waiting || !free) return;
    this.queue.shift();
    free.waiting = waiting;
    free.timer = setTimeout(() => this.broken(free, 'no picture in time'), LONGEST_MS);
    free.worker.postMessage(waiting.task);
    this.next();
  }

  private add(): Busy {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    const made: Busy = { worker, waiting: undefined };
    worker.addEventListener('message', ({ data }: MessageEvent<Done>) => this.answered(made, data));
    worker.addEventListener('error', ({ message }) => this.broken(made, message || 'the decoder failed'));
    this.all.push(made);
    return made;
  }

  private answered(by: Busy, { id, picture, error }: Done): void {
    const { waiting } = by;
    if (waiting?.task.id !== id) return;
    this.free(by);
    if (picture) waiting.done(picture);
    else waiting.failed(new Error(error));
    this.next();
  }

  /** A worker that broke is replaced by a new one. */
  private broken(by: Busy, why: string): void {
    by.worker.terminate();
    this.all = this.all.filter((one) => one !== by);
    const { waiting } = by;
    this.free(by);
    waiting?.failed(new Error(why));
    this.next();
  }

  private free(by: Busy): void {
    clearTimeout(by.timer);
    by.waiting = undefined;
  }
}

/** One for the whole page. */
export const pool = new Pool();
