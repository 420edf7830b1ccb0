import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Content, Opinion } from '../api/opinion';
import { NO_HAEMORRHAGE, NO_ISCHAEMIA } from './content';

vi.stubGlobal('document', { documentElement: {} });
vi.stubGlobal('localStorage', { getItem: () => 'en', setItem: () => undefined });
vi.stubGlobal('navigator', { languages: ['en'] });
const { Writing } = await import('./writing.svelte');

const CONTENT: Content = {
  quality: null,
  haemorrhage: { ...NO_HAEMORRHAGE, present: true },
  ischaemia: NO_ISCHAEMIA,
  recommendations: [],
  conclusion: '',
  critical_call: null,
};

function opinion(revision: number, content: Content = CONTENT, unconfirmed: string[] = ['haemorrhage.present']): Opinion {
  const said = { content, aspects_score: null, mismatch_ratio: null };
  const more = { suggested: null, newer_suggestions: false, versions: [], begun_at: '', changed_at: '' };
  return { id: 'o', case: 'c', author: 'Anne', mine: true, revision, draft: { said, unconfirmed }, ...more };
}

interface Call {
  path: string;
  body: { revision: number; content: Content; confirmed: string[] };
}

let calls: Call[] = [];
let answers: (() => Response | Promise<Response>)[] = [];

/** The next call is answered so; the last answer stays for all that follow. */
const willAnswer = (status: number, body: unknown): void => void answers.push(() => Response.json(body, { status }));
const calm = (): Promise<unknown> => vi.advanceTimersByTimeAsync(1_000);

beforeEach(() => {
  vi.useFakeTimers();
  [calls, answers] = [[], []];
  vi.stubGlobal('fetch', (path: string, { body }: { body: string }) => {
    calls.push({ path, body: JSON.parse(body) as Call['body'] });
    return Promise.resolve((answers.length > 1 ? answers.shift() : answers[0])!());
  });
});
afterEach(() => vi.useRealTimers());

describe('a draft', () => {
  it('is kept once the hand rests, with what was confirmed', async () => {
    willAnswer(200, opinion(2, { ...CONTENT, conclusion: 'a clot' }, []));
    const writing = new Writing(opinion(1));
    writing.content.conclusion = 'a clo';
    writing.touched();
    writing.content.conclusion = 'a clot';
    writing.confirm('haemorrhage.present');
    expect([calls.length, writing.kept, writing.unconfirmed]).toEqual([0, 'dirty', []]);
    await calm();
    expect(calls.map(({ body }) => [body.revision, body.content.conclusion, body.confirmed])).toEqual([
      [1, 'a clot', ['haemorrhage.present']],
    ]);
    expect([writing.kept, writing.opinion.revision, writing.unconfirmed]).toEqual(['saved', 2, []]);
  });

  it('is not kept when nothing changed', async () => {
    const writing = new Writing(opinion(1));
    writing.touched();
    await calm();
    expect([calls.length, writing.kept]).toEqual([0, 'saved']);
  });

  it('keeps what was written while it was being kept', async () => {
    const writing = new Writing(opinion(1));
    answers.push(() => {
      writing.content.conclusion = 'two';
      return Response.json(opinion(2));
    });
    willAnswer(200, opinion(3));
    writing.content.conclusion = 'one';
    await writing.flush();
    await calm();
    expect(calls.map(({ body }) => [body.revision, body.content.conclusion])).toEqual([
      [1, 'one'],
      [2, 'two'],
    ]);
  });

  it('is tried again after a cut line, and says so meanwhile', async () => {
    answers.push(() => Promise.reject(new Error('cut')));
    willAnswer(200, opinion(2));
    const writing = new Writing(opinion(1));
    writing.content.conclusion = 'one';
    await writing.flush();
    expect([writing.kept, writing.problem]).toEqual(['failed', 'The server does not answer.']);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([writing.kept, calls.length]).toEqual(['saved', 2]);
  });
});

describe('a draft changed in another window', () => {
  const theirs = opinion(7, { ...CONTENT, conclusion: 'theirs' });

  async function conflicting(): Promise<InstanceType<typeof Writing>> {
    willAnswer(409, { error: 'changed_meanwhile', message: '', current: theirs });
    willAnswer(200, opinion(8, { ...CONTENT, conclusion: 'mine' }));
    const writing = new Writing(opinion(1));
    writing.content.conclusion = 'mine';
    await writing.flush();
    return writing;
  }

  it('overwrites nothing, and waits for a person', async () => {
    const writing = await conflicting();
    expect([writing.kept, writing.content.conclusion, writing.current?.revision]).toEqual(['conflict', 'mine', 7]);
    writing.content.conclusion = 'mine still';
    writing.touched();
    await calm();
    expect(calls.length).toBe(1);
    expect(await writing.sign('')).toBeUndefined();
  });

  it('is kept on top of what stands when the person says so', async () => {
    const writing = await conflicting();
    writing.settle('mine');
    await calm();
    expect([calls.at(-1)!.body.revision, calls.at(-1)!.body.content.conclusion]).toEqual([7, 'mine']);
    expect(writing.kept).toBe('saved');
  });

  it('or gives way to it', async () => {
    const writing = await conflicting();
    writing.settle('theirs');
    await calm();
    expect([writing.content.conclusion, writing.kept, calls.length]).toEqual(['theirs', 'saved', 1]);
  });
});

describe('signing', () => {
  it('says what is lacking', async () => {
    willAnswer(409, { error: 'lacking', message: '', lacking: ['unconfirmed'] });
    const writing = new Writing(opinion(1));
    expect(await writing.sign('')).toBeUndefined();
    expect(writing.lacking).toEqual(['unconfirmed']);
  });
});
