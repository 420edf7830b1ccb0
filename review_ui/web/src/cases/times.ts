/** Moments on this browser's clock and in its time zone. */
import { language } from '../i18n/language.svelte';

export function clockTime(at: Date): string {
  return new Intl.DateTimeFormat(language(), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
}

export function momentText(iso: string): string {
  const at = new Date(iso);
  return new Intl.DateTimeFormat(language(), {
    day: '2-digit',
    month: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(at);
}
