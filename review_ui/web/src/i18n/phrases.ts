/** The sentences that the server writes in English, in the page's language; an unknown one stays as it is. */
import { language } from './language.svelte';
import { asClause, inLanguage } from './phrase-table';

/** A sentence that reads on after "because". */
export function phrase(english: string): string {
  return translated(english) ?? asClause(english);
}

/** The sentence in the page's language, or undefined where only English is known. */
export function translated(english: string): string | undefined {
  return inLanguage(english, language());
}
