/** How long something has lasted, as a reader says it. */
import { t } from '../i18n/language.svelte';

export function lasted(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return t('lasted.seconds', { n: seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t('lasted.minutes', { n: minutes });
  const h = Math.floor(minutes / 60);
  if (h >= 48) return t('lasted.days', { n: Math.floor(h / 24) });
  return t('lasted.hours', { h, m: String(minutes % 60).padStart(2, '0') });
}
