/** The server's calls by name. */
import { get, post, remove } from './http';
import type { Account, CaseDetail, CaseRow, DeliveriesAnswer, Delivery, DeliveryState, WorklistAnswer } from './types';

export const readSession = (): Promise<Account> => get('/session');
export const signIn = (name: string, password: string): Promise<Account> => post('/session', { name, password });
export const signOut = (): Promise<void> => remove('/session');
export const changePassword = (current: string, next: string): Promise<void> =>
  post('/session/password', { current, new: next });

export const readWorklist = (): Promise<WorklistAnswer> => get('/worklist');
export const readCase = (id: string): Promise<CaseDetail> => get(`/cases/${encodeURIComponent(id)}`);
export const takeCase = (id: string): Promise<CaseRow> => post(`/cases/${encodeURIComponent(id)}/take`);
export const closeCase = (id: string): Promise<CaseRow> => post(`/cases/${encodeURIComponent(id)}/close`);
export const reopenCase = (id: string): Promise<CaseRow> => post(`/cases/${encodeURIComponent(id)}/reopen`);
export const releaseCase = (id: string): Promise<CaseRow> => post(`/cases/${encodeURIComponent(id)}/release`);

export const readDeliveries = (state: DeliveryState | undefined): Promise<DeliveriesAnswer> =>
  get(state ? `/deliveries?state=${state}` : '/deliveries');
export const resendDelivery = (id: string): Promise<Delivery> => post(`/deliveries/${encodeURIComponent(id)}/resend`);

export const correctRole = (series: string, role: string): Promise<unknown> =>
  post(`/series/${encodeURIComponent(series)}/role`, { role });

export const decideIdentity = (id: string, decision: 'confirm' | 'reject'): Promise<unknown> =>
  post(`/identity-corrections/${encodeURIComponent(id)}`, { decision });
