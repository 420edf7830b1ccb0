/** One's own draft: kept by itself a moment after every change, never over what somebody else kept meanwhile. */
import { actOn, saveDraft, signOpinion, type Content, type Opinion } from '../api/opinion';
import { ApiError } from '../api/http';
import { errorText } from '../errors';
import { same, stillUnconfirmed } from './content';

const CALM_MS = 700;
const AGAIN_MS = 4_000;

export type Kept = 'saved' | 'dirty' | 'saving' | 'failed' | 'conflict';

export class Writing {
  opinion = $state.raw<Opinion>() as Opinion;
  content = $state<Content>() as Content;
  kept = $state<Kept>('saved');
  problem = $state('');
  savedAt = $state.raw<Date>();
  current = $state.raw<Opinion>(); // what stands, where it was changed elsewhere
  lacking = $state.raw<readonly string[]>([]);

  private confirmed = $state.raw<ReadonlySet<string>>(new Set());
  private timer: ReturnType<typeof setTimeout> | undefined;
  private saved = $state.raw<Content>(); // as it was sent: the server may trim a text
  private line: Promise<void> = Promise.resolve(); // one call after the other

  constructor(opinion: Opinion) {
    this.adopt(opinion);
  }

  /** What only a model has said. */
  get unconfirmed(): string[] {
    const draft = this.opinion.draft;
    return draft ? stillUnconfirmed(draft.unconfirmed, draft.said.content, this.content, this.confirmed) : [];
  }

  confirm(name: string): void {
    this.confirmed = new Set([...this.confirmed, name]);
    this.touched();
  }

  /** Something may have changed: it is kept as soon as the hand rests. */
  touched(): void {
    if (this.kept === 'conflict' || !this.isAhead()) return;
    if (this.kept !== 'failed') this.kept = 'dirty';
    this.later(CALM_MS);
  }

  /** Keeps what is not kept yet, now. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.line = this.line.then(() => this.save());
    return this.line;
  }

  /** Signs what is on screen; the answer is none while something is lacking or it could not be kept. */
  async sign(why: string): Promise<Opinion | undefined> {
    await this.flush();
    if (this.kept !== 'saved') return undefined;
    try {
      const signed = await signOpinion(this.opinion.id, this.opinion.revision, why);
      this.lacking = [];
      return signed;
    } catch (error) {
      this.fell(error);
      return undefined;
    }
  }

  async act(what: 'suggestions' | 'discard'): Promise<Opinion | undefined> {
    await this.flush();
    try {
      const changed = await actOn(this.opinion.id, what, this.opinion.revision);
      if (changed.draft) this.adopt(changed);
      return changed;
    } catch (error) {
      this.fell(error);
      return undefined;
    }
  }

  /** Ends a conflict: what stands is taken, or what is on screen is kept on top of it. */
  settle(whose: 'theirs' | 'mine'): void {
    const current = this.current;
    if (!current?.draft) return;
    const mine = $state.snapshot(this.content) as Content;
    this.adopt(current);
    if (whose === 'theirs') return;
    this.content = mine;
    void this.flush();
  }

  stop(): void {
    clearTimeout(this.timer);
    if (this.kept === 'dirty') void this.flush();
  }

  private adopt(opinion: Opinion): void {
    this.opinion = opinion;
    this.saved = opinion.draft!.said.content;
    this.content = structuredClone(opinion.draft!.said.content);
    this.confirmed = new Set();
    this.current = undefined;
    this.kept = 'saved';
    this.problem = '';
  }

  private isAhead(): boolean {
    return this.confirmed.size > 0 || !same(this.content, this.saved);
  }

  private later(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), ms);
  }

  private async save(): Promise<void> {
    if (this.kept === 'conflict' || !this.isAhead()) return;
    const content = structuredClone($state.snapshot(this.content)) as Content;
    const confirmed = this.confirmed;
    this.kept = 'saving';
    try {
      this.opinion = await saveDraft(this.opinion.id, this.opinion.revision, content, [...confirmed]);
    } catch (error) {
      this.fell(error);
      return;
    }
    this.saved = content;
    this.confirmed = new Set([...this.confirmed].filter((name) => !confirmed.has(name)));
    this.savedAt = new Date();
    this.lacking = [];
    this.problem = '';
    this.kept = this.isAhead() ? 'dirty' : 'saved';
    if (this.kept === 'dirty') this.later(CALM_MS);
  }

  private fell(error: unknown): void {
    if (error instanceof ApiError && error.code === 'changed_meanwhile') {
      this.current = error.body['current'] as Opinion;
      this.kept = 'conflict';
    } else if (error instanceof ApiError && error.code === 'lacking') {
      this.lacking = error.body['lacking'] as string[];
    } else {
      this.problem = errorText(error);
      this.kept = 'failed';
      if (!(error instanceof ApiError) || error.status === 0 || error.status >= 500) this.later(AGAIN_MS);
    }
  }
}
