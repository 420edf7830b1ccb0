/** A week of the rota in this browser's zone: its days, where a duty lies in it, which duties share a line. */
import type { Span } from '../api/rota';

const DAYS = 7;

/** Midnight of the Monday on or before a moment, local time. */
export function mondayOf(at: Date): Date {
  const back = (at.getDay() + 6) % DAYS; // Sunday is 0
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() - back);
}

/** Some days on at the same local hour, whatever summer time does meanwhile. */
export function daysOn(at: Date, days: number): Date {
  const moved = new Date(at);
  moved.setDate(moved.getDate() + days);
  return moved;
}

export function daysOf(monday: Date): Date[] {
  return Array.from({ length: DAYS }, (_, day) => daysOn(monday, day));
}

export function weekOf(monday: Date): Span {
  return { starts_at: monday.toISOString(), ends_at: daysOn(monday, DAYS).toISOString() };
}

export interface Place {
  left: number; // shares of the week, 0 to 1
  width: number;
}

/** Where a span lies in a week; none where it does not. */
export function placeIn(week: Span, span: Span): Place | undefined {
  const [from, until] = [Date.parse(week.starts_at), Date.parse(week.ends_at)];
  const starts = Math.max(from, Date.parse(span.starts_at));
  const ends = Math.min(until, Date.parse(span.ends_at));
  return starts < ends ? { left: (starts - from) / (until - from), width: (ends - starts) / (until - from) } : undefined;
}

/** Spans on as few lines as it takes for no two to lie over one another, the earliest first. */
export function lines<T extends Span>(spans: readonly T[]): T[][] {
  const made: T[][] = [];
  for (const span of [...spans].sort((one, other) => Date.parse(one.starts_at) - Date.parse(other.starts_at))) {
    const free = made.find((line) => Date.parse(line.at(-1)!.ends_at) <= Date.parse(span.starts_at));
    if (free) free.push(span);
    else made.push([span]);
  }
  return made;
}

/** The same span some weeks later, at the same local hours. */
export function weeksOn(span: Span, weeks: number): Span {
  const moved = (iso: string): string => daysOn(new Date(iso), DAYS * weeks).toISOString();
  return { starts_at: moved(span.starts_at), ends_at: moved(span.ends_at) };
}

export function inOrder({ starts_at, ends_at }: Span): boolean {
  return Date.parse(ends_at) > Date.parse(starts_at);
}
