/** Who must act when nobody can be found, and is told on every page: the hospital that asked, and whoever looks for somebody. */
import type { Account } from '../api/types';

export const concerned = (account: Account): boolean => account.role === 'site' || account.role === 'coordinator';
