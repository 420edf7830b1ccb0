/**
 * Follows the server's events and takes them up again after a cut, without losing one.
 *
 * Read with fetch rather than EventSource: only so are the keep-alive comments seen, and a line
 * that died without a word must never look like a quiet night.
 */
import { address, tellSignedOut } from '../api/http';
import { EventParser, type StreamMessage } from './parser';

const SILENCE_MS = 40_000; // the server says something at least every 15 s
const PAUSES_MS = [500, 1_000, 2_000, 5_000, 10_000];

export interface Follower {
  onMessage(message: StreamMessage): void;
  onLive(): void;
  onLost(): void;
}

/** Starts following after event `after`; the function it returns stops it. */
export function follow(after: number, follower: Follower): () => void {
  const stop = new AbortController();
  let last = String(after);
  const remember = (message: StreamMessage): void => {
    if (message.id) last = message.id;
    follower.onMessage(message);
  };
  void (async () => {
    for (let failures = 0; !stop.signal.aborted; failures++) {
      const opened = await readOnce(last, stop.signal, remember, follower.onLive);
      if (stop.signal.aborted) return;
      follower.onLost();
      if (opened) failures = 0;
      await pause(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 0, stop.signal);
    }
  })();
  return () => stop.abort();
}

async function readOnce(
  last: string,
  stop: AbortSignal,
  onMessage: (message: StreamMessage) => void,
  onLive: () => void,
): Promise<boolean> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  const headers = { Accept: 'text/event-stream', 'Last-Event-ID': last };
  let opened = false;
  try {
    const signal = AbortSignal.any([stop, silence.signal]);
    const response = await fetch(address(`/events?after=${encodeURIComponent(last)}`), { headers, signal, cache: 'no-store' });
    if (response.status === 401) tellSignedOut();
    if (!response.ok || !response.body) return false;
    opened = true;
    onLive();
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return opened;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      parser.feed(value).forEach(onMessage);
    }
  } catch {
    return opened; // a cut line: the caller says so and tries again
  } finally {
    clearTimeout(timer);
  }
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const now = (): void => {
      clearTimeout(timer);
      resolve();
    };
    stop.addEventListener('abort', now, { once: true });
    window.addEventListener('online', now, { once: true });
  });
}
