/** Whether the one who holds a case is the one who looks; the server names owners as colleagues know them. */
import type { Account } from '../api/types';

export function isMine(owner: string | null, account: Account): boolean {
  return owner !== null && (owner === account.full_name || (account.full_name === '' && owner === account.name));
}
