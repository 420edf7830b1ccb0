/** Who is signed in. */
import { readSession, signOut } from './api/calls';
import { ApiError, onSignedOut } from './api/http';
import type { Account } from './api/types';
import { suggestLanguage } from './i18n/language.svelte';

type Session = { state: 'unknown' } | { state: 'out' } | { state: 'in'; account: Account } | { state: 'unreachable' };

let current = $state.raw<Session>({ state: 'unknown' });
onSignedOut(() => (current = { state: 'out' }));

export const session = (): Session => current;

const LAST = 'neurovigie.account';

/** Who was signed in here last, whose habits a case is opened by before the server has said who it is. */
export const lastAccount = (): string => localStorage.getItem(LAST) ?? '';

export function entered(account: Account): void {
  localStorage.setItem(LAST, account.name);
  suggestLanguage(account.language);
  current = { state: 'in', account };
}

export async function resume(): Promise<void> {
  try {
    entered(await readSession());
  } catch (error) {
    current = { state: error instanceof ApiError && error.status === 401 ? 'out' : 'unreachable' };
  }
}

export async function leave(): Promise<void> {
  await signOut().catch(() => undefined); // the page forgets the account even when the server is away
  current = { state: 'out' };
}
