/** A request while it is written: every field a text, empty where nothing was told; and what is sent of it. */
import type { OpinionRequest, RequestBody } from '../api/requests';
import type { Patient } from '../api/types';
import { ageInYears } from '../dicom/person';
import { NIHSS_ITEMS, type NihssCode } from './nihss';

const WORDS = ['family_name', 'given_name', 'patient_id', 'birth_date', 'sex'] as const;
const CHOICES = ['urgency', 'skill', 'language', 'onset_kind', 'modified_rankin', 'anticoagulant'] as const;
const TEXTS = ['requester', 'call_back', 'question', 'anticoagulant_name'] as const;
const TIMES = ['onset_at', 'last_known_well_at', 'arrived_at', 'last_dose_at'] as const;
const SCORES = NIHSS_ITEMS.map(({ code }) => `nihss_${code}` as const);

/** What a number may be, as the server has it; whole where it has no decimals. */
export const RANGES = {
  age_years: { low: 0, high: 130, whole: true },
  nihss_total: { low: 0, high: 42, whole: true },
  systolic_mmhg: { low: 20, high: 400, whole: true },
  diastolic_mmhg: { low: 10, high: 300, whole: true },
  glucose_mmol_per_l: { low: 0.1, high: 100, whole: false },
  platelets_e9_per_l: { low: 0, high: 5000, whole: false },
  inr: { low: 0.1, high: 30, whole: false },
  weight_kg: { low: 0.2, high: 700, whole: false },
} as const;
export type NumberField = keyof typeof RANGES;
const NUMBERS = Object.keys(RANGES) as NumberField[];

export type TimeField = (typeof TIMES)[number];
export type Field =
  | (typeof WORDS)[number]
  | (typeof CHOICES)[number]
  | (typeof TEXTS)[number]
  | TimeField
  | NumberField
  | `nihss_${NihssCode}`;
export type Draft = Record<Field, string>;

export const FIELDS: readonly Field[] = [...WORDS, ...CHOICES, ...TEXTS, ...TIMES, ...NUMBERS, ...SCORES];

const STARTS: Partial<Draft> = { urgency: 'urgent', skill: 'diagnostic', onset_kind: 'unknown' };

export function emptyDraft(language: string): Draft {
  const nothing = Object.fromEntries(FIELDS.map((field) => [field, ''])) as Draft;
  return { ...nothing, ...STARTS, language };
}

/** What images say of their patient, as the beginning of a request about them. */
export function withPatient(draft: Draft, patient: Patient): Draft {
  return { ...draft, ...patientFields(patient) };
}

export function draftOf(known: OpinionRequest): Draft {
  const text = (value: unknown): string => (value === null || value === undefined ? '' : String(value));
  const scores = Object.fromEntries(NIHSS_ITEMS.map(({ code }) => [`nihss_${code}`, text(known.nihss.items[code])]));
  const plain = Object.fromEntries(
    [...CHOICES, ...TEXTS, ...TIMES, ...NUMBERS].map((field) => [field, text(known[field as keyof OpinionRequest])]),
  );
  return {
    ...(plain as Draft),
    ...scores,
    ...patientFields(known.patient),
    onset_kind: known.onset.kind,
    onset_at: text(known.onset.at),
    last_known_well_at: text(known.onset.last_known_well_at),
    nihss_total: text(known.nihss.total),
  };
}

function patientFields(patient: Patient): Pick<Draft, (typeof WORDS)[number]> {
  const writing = patient.name.split('=').find((group) => /[^^\s]/.test(group)) ?? '';
  const [family_name = '', given_name = ''] = writing.split('^').map((part) => part.trim());
  const date = /^(\d{4})(\d{2})(\d{2})$/.exec(patient.birth_date);
  const birth_date = date ? date.slice(1).join('-') : '';
  return { family_name, given_name, patient_id: patient.id, birth_date, sex: patient.sex };
}

/** A decimal number as people write it, with a point or a comma; undefined for anything else. */
export function numeral(text: string): number | undefined {
  const plain = text.trim().replace(',', '.');
  return /^\d+(\.\d*)?$/.test(plain) ? Number(plain) : undefined;
}

export interface Scored {
  sum: number;
  items: number;
}

/** The running total of the items that were examined, and how many those are. */
export function scored(draft: Draft): Scored {
  const scores = SCORES.map((field) => draft[field]).filter((score) => score !== '');
  return { sum: scores.reduce((sum, score) => sum + Number(score), 0), items: scores.length };
}

/** Years from the birth date when no age was written. */
export function reckonedAge(draft: Draft, today: Date): number | undefined {
  return ageInYears(draft.birth_date.replaceAll('-', ''), today);
}

export function bodyOf(draft: Draft, today: Date): RequestBody {
  const some = (text: string): string | null => text || null;
  const number = (field: NumberField): number | null => numeral(draft[field]) ?? null;
  const items = NIHSS_ITEMS.filter(({ code }) => draft[`nihss_${code}`] !== '').map(({ code }) => [code, Number(draft[`nihss_${code}`])]);
  return {
    patient: {
      family_name: draft.family_name.trim(),
      given_name: draft.given_name.trim(),
      patient_id: draft.patient_id.trim(),
      birth_date: draft.birth_date.replaceAll('-', ''),
      sex: draft.sex,
    },
    onset: { kind: draft.onset_kind, at: onsetAt(draft), last_known_well_at: wellAt(draft) },
    nihss: { total: number('nihss_total'), items: Object.fromEntries(items) as Record<string, number> },
    urgency: draft.urgency,
    skill: draft.skill,
    language: draft.language,
    requester: draft.requester.trim(),
    call_back: draft.call_back.trim(),
    question: draft.question.trim(),
    age_years: number('age_years') ?? reckonedAge(draft, today) ?? null,
    modified_rankin: draft.modified_rankin === '' ? null : Number(draft.modified_rankin),
    anticoagulant: some(draft.anticoagulant),
    anticoagulant_name: takes(draft) ? draft.anticoagulant_name.trim() : '',
    last_dose_at: takes(draft) ? some(draft.last_dose_at) : null,
    systolic_mmhg: number('systolic_mmhg'),
    diastolic_mmhg: number('diastolic_mmhg'),
    glucose_mmol_per_l: number('glucose_mmol_per_l'),
    platelets_e9_per_l: number('platelets_e9_per_l'),
    inr: number('inr'),
    weight_kg: number('weight_kg'),
    arrived_at: some(draft.arrived_at),
  };
}

/** The same, with what the server insists on put in and what it would refuse left out, to be checked before it is whole. */
export function checkable(draft: Draft, today: Date): RequestBody {
  const sound = { ...draft, ...(onsetTold(draft) ? {} : { onset_kind: 'unknown' }) };
  for (const field of Object.keys(complaints(draft)) as Field[]) sound[field] = '';
  const body = bodyOf(sound, today);
  return { ...body, patient: { ...body.patient, family_name: '?' }, requester: '?', call_back: '000', question: '' };
}

export const takes = (draft: Draft): boolean => !['', 'none'].includes(draft.anticoagulant);

export const asksOnset = (draft: Draft): boolean => draft.onset_kind === 'known' || draft.onset_kind === 'wake_up';

export const asksWell = (draft: Draft): boolean => draft.onset_kind !== 'known';

function onsetAt(draft: Draft): string | null {
  return asksOnset(draft) ? draft.onset_at || null : null;
}

function wellAt(draft: Draft): string | null {
  return asksWell(draft) ? draft.last_known_well_at || null : null;
}

function onsetTold(draft: Draft): boolean {
  if (draft.onset_kind === 'known') return draft.onset_at !== '';
  return draft.onset_kind !== 'last_known_well' || draft.last_known_well_at !== '';
}

export type Complaint = 'missing' | 'number' | 'range' | 'phone' | 'name';

const PHONE = /^\+?[0-9][0-9 ().-]{2,31}$/;

/** What the server would refuse, field by field. */
export function complaints(draft: Draft): Partial<Record<Field, Complaint>> {
  const found: Partial<Record<Field, Complaint>> = {};
  for (const field of ['family_name', 'requester', 'call_back'] as const) if (!draft[field].trim()) found[field] = 'missing';
  for (const field of ['family_name', 'given_name', 'patient_id'] as const) if (/[\\^=]/.test(draft[field])) found[field] = 'name';
  if (draft.call_back.trim() && !PHONE.test(draft.call_back.trim())) found.call_back = 'phone';
  if (draft.onset_kind === 'known' && !draft.onset_at) found.onset_at = 'missing';
  if (draft.onset_kind === 'last_known_well' && !draft.last_known_well_at) found.last_known_well_at = 'missing';
  for (const field of NUMBERS) {
    const complaint = draft[field].trim() ? numberComplaint(field, draft[field]) : undefined;
    if (complaint) found[field] = complaint;
  }
  return found;
}

function numberComplaint(field: NumberField, text: string): Complaint | undefined {
  const value = numeral(text);
  const { low, high, whole } = RANGES[field];
  if (value === undefined || (whole && !Number.isInteger(value))) return 'number';
  return value < low || value > high ? 'range' : undefined;
}

/** 1 g/L of glucose in mmol/L (molar mass 180.156 g/mol). */
const MMOL_PER_G = 1000 / 180.156;

export const GLUCOSE_UNITS = { 'mmol/L': 1, 'g/L': MMOL_PER_G, 'mg/dL': MMOL_PER_G / 100 } as const;
export type GlucoseUnit = keyof typeof GLUCOSE_UNITS;

/** A written glucose in mmol/L with two decimals; what is no number stays as it is, to be complained of. */
export function glucoseIn(text: string, unit: GlucoseUnit): string {
  const value = numeral(text);
  if (value === undefined || unit === 'mmol/L') return text;
  return String(Math.round(value * GLUCOSE_UNITS[unit] * 100) / 100);
}
