/** The live worklist: what the server said first, then every event in order. */
import { readWorklist } from '../api/calls';
import type { CaseRow, Tier } from '../api/types';
import { follow } from '../live/stream';
import { inReadingOrder, isMoreUrgent, withRow } from './order';

const FLASH_MS = 6_000;

/** Of what else the server tells: the rota changed, somebody read a thread further. */
const SIGNALS = ['rota', 'seen'] as const;
export type Signal = (typeof SIGNALS)[number];

export type Line = { state: 'connecting' } | { state: 'live' } | { state: 'lost'; since: Date };

export interface News {
  kind: 'new' | 'raised';
  tier: Tier;
  site: string;
}

export class Worklist {
  rows = $state.raw<CaseRow[]>([]);
  line = $state.raw<Line>({ state: 'connecting' });
  loaded = $state(false);
  news = $state.raw<News | null>(null);
  unseen = $state(0);
  flashing = $state.raw<ReadonlySet<string>>(new Set());

  private stopFollowing = (): void => undefined;
  private listeners = new Set<(row: CaseRow) => void>();
  private signalled = new Set<{ signal: Signal; act: (caseId?: string) => void }>();
  private stopped = false;

  async start(): Promise<void> {
    const { cases, last_event } = await readWorklist();
    if (this.stopped) return;
    this.rows = inReadingOrder(cases);
    this.loaded = true;
    this.stopFollowing = follow(last_event, {
      onMessage: (message) => {
        if (message.event === 'case') this.receive(JSON.parse(message.data) as CaseRow);
        else this.heard(message.event as Signal, JSON.parse(message.data) as { case?: string });
      },
      onLive: () => {
        if (this.line.state === 'lost') SIGNALS.forEach((signal) => this.heard(signal, {})); // what came meanwhile is not told again
        this.line = { state: 'live' };
      },
      onLost: () => (this.line = this.line.state === 'lost' ? this.line : { state: 'lost', since: new Date() }),
    });
  }

  stop(): void {
    this.stopped = true;
    this.stopFollowing();
  }

  /** Tells when something that is no case should be read again; the function it returns ends it. */
  listenFor(signal: Signal, act: (caseId?: string) => void): () => void {
    const mine = { signal, act };
    this.signalled.add(mine);
    return () => this.signalled.delete(mine);
  }

  private heard(signal: Signal, { case: caseId }: { case?: string }): void {
    this.signalled.forEach((one) => one.signal === signal && one.act(caseId));
  }

  seen(): void {
    this.unseen = 0;
  }

  row(id: string): CaseRow | undefined {
    return this.rows.find((row) => row.id === id);
  }

  /** Tells of every event of any case; the function it returns ends it. */
  listen(listener: (row: CaseRow) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Takes in a row from an event or from an answer; an older version than the known one is dropped. */
  receive(row: CaseRow): void {
    const known = this.row(row.id);
    if (known && row.version < known.version) return;
    this.rows = row.closed_at ? this.rows.filter((other) => other.id !== row.id) : withRow(this.rows, row);
    const before = known?.test ? undefined : known; // that a phantom's case was somebody's after all is new
    if (!row.test && !before && !row.closed_at) this.announce('new', row);
    else if (!row.test && before && isMoreUrgent(row.tier, before.tier)) this.announce('raised', row);
    this.listeners.forEach((listener) => listener(row));
  }

  private announce(kind: News['kind'], row: CaseRow): void {
    this.news = { kind, tier: row.tier, site: row.site_name || row.site };
    if (document.hidden || !document.hasFocus()) this.unseen += 1;
    this.flashing = new Set([...this.flashing, row.id]);
    setTimeout(() => {
      this.flashing = new Set([...this.flashing].filter((id) => id !== row.id));
    }, FLASH_MS);
  }
}
