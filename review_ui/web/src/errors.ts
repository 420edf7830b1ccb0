/** An error as a sentence in the reader's language. */
import { ApiError } from './api/http';
import { t, tIfKnown } from './i18n/language.svelte';

export function errorText(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.other', { message: String((error as Error)?.message ?? error) });
  if (error.status === 0) return t('error.unreachable');
  const known = tIfKnown(`refusal.${error.code}`);
  if (known) return known;
  if (error.status === 403) return t('error.forbidden');
  if (error.status === 404) return t('error.notfound');
  if (error.status === 429) return t('error.many');
  return t('error.other', { message: error.message });
}

/** What stands now, where somebody else changed what one was changing. */
export function standingOf<T>(error: unknown): T | undefined {
  const changed = error instanceof ApiError && error.code === 'changed_meanwhile';
  return changed ? (error.body['current'] as T | undefined) : undefined;
}
