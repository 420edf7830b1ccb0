/** Requests for an opinion: the server's JSON, and the calls. */
import { get, post, put } from './http';
import type { CaseRow, Patient } from './types';

export type OnsetKind = 'known' | 'last_known_well' | 'wake_up' | 'unknown';

export interface Flag {
  code: string;
  text: string;
}

/** The end of a window for treatment. */
export interface TreatmentWindow {
  code: string;
  ends_at: string;
}

export interface Checked {
  flags: Flag[];
  windows: TreatmentWindow[];
}

export interface OpinionRequest extends Checked {
  id: string;
  site: string;
  case: string;
  state: 'open' | 'answered' | 'withdrawn';
  why: string;
  version: number;
  link: 'none' | 'sure' | 'unsure' | 'by_hand';
  unsure: string[]; // cases a person must look at
  made_by: string;
  made_at: string;
  changed_at: string;
  answered_at: string | null;
  patient: Patient;
  urgency: string;
  requester: string;
  call_back: string;
  question: string;
  skill: string;
  language: string;
  onset: { kind: OnsetKind; at: string | null; last_known_well_at: string | null; clock_starts_at: string | null };
  nihss: { total: number | null; items: Record<string, number>; sum: number | null };
  age_years: number | null;
  modified_rankin: number | null;
  anticoagulant: string | null;
  anticoagulant_name: string;
  last_dose_at: string | null;
  systolic_mmhg: number | null;
  diastolic_mmhg: number | null;
  glucose_mmol_per_l: number | null;
  platelets_e9_per_l: number | null;
  inr: number | null;
  weight_kg: number | null;
  arrived_at: string | null;
}

/** A request as it is sent. */
export interface RequestBody {
  patient: { family_name: string; given_name: string; patient_id: string; birth_date: string; sex: string };
  onset: { kind: string; at: string | null; last_known_well_at: string | null };
  nihss: { total: number | null; items: Record<string, number> };
  [field: string]: unknown;
}

export interface Site {
  id: string;
  name: string;
}

const of = (id: string): string => `/requests/${encodeURIComponent(id)}`;

export const readSites = (): Promise<Site[]> => get('/sites');
export const readRequests = (): Promise<OpinionRequest[]> => get('/requests');
export const readRequest = (id: string): Promise<OpinionRequest> => get(of(id));
export const readRequestsOf = (caseId: string): Promise<OpinionRequest[]> => get(`/cases/${encodeURIComponent(caseId)}/requests`);
export const checkRequest = (body: RequestBody): Promise<Checked> => post('/requests/check', body);
export const makeRequest = (body: RequestBody, key: string, site: string | null): Promise<OpinionRequest> =>
  post('/requests', { ...body, key, site });
export const changeRequest = (id: string, body: RequestBody, version: number): Promise<OpinionRequest> =>
  put(of(id), { ...body, version });
export const withdrawRequest = (id: string, why: string): Promise<OpinionRequest> => post(`${of(id)}/withdraw`, { why });
export const readCandidates = (id: string): Promise<CaseRow[]> => get(`${of(id)}/candidates`);
export const linkRequest = (id: string, caseId: string | null): Promise<OpinionRequest> => post(`${of(id)}/link`, { case: caseId });
export const sheetAddress = (id: string, language: string): string => `/api/v1${of(id)}/sheet?language=${language}`;
