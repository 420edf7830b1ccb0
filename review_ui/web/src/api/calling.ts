/** Who is called for a case: the server's JSON, and the calls. */
import { get, post } from './http';
import type { CaseRow, Tier } from './types';

export interface Told {
  channel: string;
  kind: 'webhook' | 'email' | 'sms' | 'push';
  state: 'queued' | 'sending' | 'sent' | 'failed_will_retry' | 'given_up' | 'dropped';
  sent_at: string | null;
  opened_at: string | null;
}

export interface Call {
  person: string;
  kind: 'expert' | 'coordinator' | 'handed';
  round: number;
  called_at: string;
  due_at: string;
  outcome: 'waiting' | 'took' | 'refused' | 'silent' | 'stood_down';
  why: string;
  ended_at: string | null;
  told: Told[];
}

export interface Alarm {
  why: 'nobody_on_duty' | 'nobody_left' | 'nobody_acknowledged';
  at: string;
  minutes: number;
  phone: string;
  text: string;
}

export interface Calling {
  phase: 'quiet' | 'calling' | 'held' | 'ended';
  tier: Tier;
  owner: string | null;
  since: string | null; // from when nobody has held it
  next_at: string | null;
  alarm: Alarm | null;
  calls: Call[];
  rules: string;
}

export interface MyCall {
  case: string;
  site: string;
  tier: Tier;
  kind: 'expert' | 'coordinator' | 'handed';
  called_at: string;
  due_at: string;
}

const of = (caseId: string): string => `/cases/${encodeURIComponent(caseId)}`;

export const readCalling = (caseId: string): Promise<Calling> => get(`${of(caseId)}/calling`);
export const readMyCalls = (): Promise<MyCall[]> => get('/calls');
export const refuseCase = (caseId: string, why: string): Promise<Calling> => post(`${of(caseId)}/refuse`, { why });
export const takeOverCase = (caseId: string, owner: string): Promise<CaseRow> => post(`${of(caseId)}/take-over`, { owner });
export const handCase = (caseId: string, to: string): Promise<Calling> => post(`${of(caseId)}/hand`, { to });
