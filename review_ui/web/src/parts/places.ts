/** The places of the desk and who is shown the way to them; the server decides who may enter. */
import type { Account } from '../api/types';
import type { Key } from '../i18n/en';
import type { Route } from '../route.svelte';

type Page = Extract<Route, { page: 'worklist' | 'requests' | 'calls' | 'rota' | 'figures' | 'setup' | 'peers' | 'deliveries' }>['page'];

interface Place {
  page: Page;
  title: Key;
  roles: readonly Account['role'][];
}

const EVERYBODY = ['administrator', 'coordinator', 'expert', 'site'] as const;
const WHOLE_REGION = ['administrator', 'coordinator', 'expert'] as const; // what concerns every hospital

const PLACES: readonly Place[] = [
  { page: 'worklist', title: 'worklist.title', roles: EVERYBODY },
  { page: 'requests', title: 'requests.title', roles: EVERYBODY },
  { page: 'calls', title: 'calls.title', roles: ['coordinator', 'expert'] },
  { page: 'rota', title: 'rota.title', roles: WHOLE_REGION },
  { page: 'figures', title: 'figures.title', roles: EVERYBODY },
  { page: 'setup', title: 'setup.title', roles: ['administrator', 'coordinator'] },
  { page: 'peers', title: 'peers.title', roles: ['administrator'] },
  { page: 'deliveries', title: 'deliveries.title', roles: WHOLE_REGION },
];

export const placesFor = (account: Account): Place[] => PLACES.filter(({ roles }) => roles.includes(account.role));
