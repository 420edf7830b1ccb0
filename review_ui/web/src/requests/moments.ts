/** Moments as they are written on a form: this browser's local time on screen, UTC inside. */
import { language } from '../i18n/language.svelte';

export const PARIS = 'Europe/Paris';

/** UTC as a datetime-local field has it, in this browser's zone. */
export function localField(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** What a datetime-local field says, in UTC; empty for what is no moment. */
export function utcOf(field: string): string {
  const at = new Date(field); // without a zone it is this browser's (ECMA-262 21.4.1.32)
  return field === '' || Number.isNaN(at.getTime()) ? '' : `${at.toISOString().slice(0, 16)}:00Z`;
}

/** This minute, in UTC. */
export function thisMinute(): string {
  return `${new Date().toISOString().slice(0, 16)}:00Z`;
}

export function isInParis(): boolean {
  return Intl.DateTimeFormat().resolvedOptions().timeZone === PARIS;
}

/** Day and minute in this browser's zone, or in another. */
export function momentIn(iso: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(language(), {
    day: '2-digit',
    month: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(timeZone ? { timeZone } : {}),
  }).format(new Date(iso));
}

/** The moment in local time and, where this is not Paris, in Paris time. */
export function bothTimes(iso: string): string {
  return isInParis() ? momentIn(iso) : `${momentIn(iso)} (Paris ${momentIn(iso, PARIS)})`;
}
