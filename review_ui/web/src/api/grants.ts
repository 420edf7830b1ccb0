/** Who lets which administrator see images and patients, until when. */
import { get, post } from './http';

export interface Grant {
  id: string;
  account: string;
  account_name: string;
  granted_by: string;
  why: string;
  granted_at: string;
  ends_at: string;
  ended_at: string | null;
  ended_by: string | null;
  running: boolean;
}

export interface Grants {
  grants: Grant[];
  administrators: { id: string; name: string }[]; // other than oneself
}

export const readGrants = (): Promise<Grants> => get('/grants');
export const makeGrant = (account: string, ends_at: string, why: string): Promise<Grants> => post('/grants', { account, ends_at, why });
export const endGrant = (id: string): Promise<Grants> => post(`/grants/${encodeURIComponent(id)}/end`);
