/** Opinions, and the times of a case, as the server's JSON has them. */
import { address, get, post, put } from './http';
import type { Side } from './types';

export const QUALITIES = ['diagnostic', 'limited', 'non_diagnostic'] as const;
export const SITES = ['IPH', 'IVH', 'SAH', 'SDH', 'EDH'] as const;
export const SIDES = ['left', 'right', 'midline', 'bilateral'] as const;
export const TERRITORIES = ['aca', 'mca', 'pca', 'vertebrobasilar', 'lacunar', 'watershed'] as const;
export const REGIONS = ['C', 'L', 'IC', 'I', 'M1', 'M2', 'M3', 'M4', 'M5', 'M6'] as const;
export const OCCLUSIONS = [
  'none',
  'ica_cervical',
  'ica_terminal',
  'tandem',
  'm1',
  'm2',
  'aca',
  'pca',
  'basilar',
  'vertebral',
] as const;
export const RECOMMENDATIONS = [
  'thrombolysis',
  'thrombectomy_transfer',
  'neurosurgery',
  'stroke_unit',
  'repeat_imaging',
  'no_stroke',
  'other',
] as const;

export type Quality = (typeof QUALITIES)[number];
export type Region = (typeof REGIONS)[number];
export type Recommendation = (typeof RECOMMENDATIONS)[number];

/** Null is "not said", which is not "absent". */
export interface Haemorrhage {
  present: boolean | null;
  sites: (typeof SITES)[number][];
  side: Side | null;
  volume_ml: number | null;
  midline_shift_mm: number | null;
  spot_sign: boolean | null;
}

export interface Ischaemia {
  present: boolean | null;
  side: Side | null;
  territories: (typeof TERRITORIES)[number][];
  aspects: Region[] | null; // the affected ones; null: not scored
  occlusion: (typeof OCCLUSIONS)[number] | null;
  core_ml: number | null;
  hypoperfused_ml: number | null;
}

export interface CriticalCall {
  told: string;
  at: string;
  read_back: boolean;
}

export interface Content {
  quality: Quality | null;
  haemorrhage: Haemorrhage;
  ischaemia: Ischaemia;
  recommendations: Recommendation[];
  conclusion: string;
  critical_call: CriticalCall | null;
}

export interface Said {
  content: Content;
  aspects_score: number | null;
  mismatch_ratio: number | null;
}

export interface SignedVersion {
  number: number;
  said: Said;
  signed_at: string;
  why: string;
}

export interface Opinion {
  id: string;
  case: string;
  author: string;
  mine: boolean;
  revision: number;
  draft: { said: Said; unconfirmed: string[] } | null;
  suggested: { content: Content; models: { name: string; version: string }[] } | null;
  newer_suggestions: boolean; // models say something by now that the draft could take in
  versions: SignedVersion[];
  begun_at: string;
  changed_at: string;
}

const of = (id: string, end: string): string => `/opinions/${encodeURIComponent(id)}/${end}`;
const ofCase = (id: string, end: string): string => `/cases/${encodeURIComponent(id)}/${end}`;

export const readOpinions = (caseId: string): Promise<Opinion[]> => get(ofCase(caseId, 'opinions'));
export const beginOpinion = (caseId: string): Promise<Opinion> => post(ofCase(caseId, 'opinions'));
export const saveDraft = (id: string, revision: number, content: Content, confirmed: string[]): Promise<Opinion> =>
  put(of(id, 'draft'), { revision, content, confirmed });
export const signOpinion = (id: string, revision: number, why: string): Promise<Opinion> => post(of(id, 'sign'), { revision, why });

/** What else is done to one's own opinion as it stood at a revision. */
export const actOn = (id: string, act: 'amend' | 'discard' | 'suggestions', revision: number): Promise<Opinion> =>
  post(of(id, act), { revision });
export const pdfAddress = (id: string, version: number, language: string): string =>
  address(of(id, `pdf?version=${version}&language=${language}`));

export const TOLD = ['needle_at', 'puncture_at', 'departed_at'] as const;
export type Told = Record<(typeof TOLD)[number], string | null>;

export interface Times extends Told {
  moments: Record<string, string>;
  intervals_min: Record<string, number>;
  revision: number;
  may_tell: boolean;
}

export const readTimes = (caseId: string): Promise<Times> => get(ofCase(caseId, 'times'));
export const tellTimes = (caseId: string, revision: number, told: Told): Promise<Times> =>
  put(ofCase(caseId, 'times'), { revision, ...told });
