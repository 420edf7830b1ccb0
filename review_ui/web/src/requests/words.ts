/** A request's facts in the reader's words. */
import type { Flag } from '../api/requests';
import { dicomDate } from '../dicom/person';
import { language, number, t, tIfKnown } from '../i18n/language.svelte';
import { RANGES, type Complaint, type Draft, type Field, type NumberField } from './draft';
import { bothTimes } from './moments';

export const UNITS: Partial<Record<Field, string>> = {
  systolic_mmhg: 'mmHg',
  diastolic_mmhg: 'mmHg',
  glucose_mmol_per_l: 'mmol/L',
  platelets_e9_per_l: '10⁹/L',
  weight_kg: 'kg',
};

const TIMES: readonly string[] = ['onset_at', 'last_known_well_at', 'arrived_at', 'last_dose_at'];

export function fieldText(field: Field): string {
  if (field.startsWith('nihss_') && field !== 'nihss_total') return `NIHSS ${tIfKnown(field.replace('nihss_', 'nihss.')) ?? field}`;
  return tIfKnown(`request.field.${field}`) ?? field;
}

/** What was told in a field, as it reads; empty for nothing. */
export function valueText(field: Field, draft: Draft): string {
  const value = draft[field];
  if (value === '') return '';
  if (TIMES.includes(field)) return bothTimes(value);
  if (field === 'birth_date') return dicomDate(value.replaceAll('-', ''), language());
  const known = tIfKnown(`request.${SCOPES[field] ?? field}.${value}`) ?? tIfKnown(`request.${value}`);
  if (field in SCOPES || field === 'urgency') return known ?? value;
  const unit = UNITS[field];
  return unit ? `${value} ${unit}` : value;
}

const SCOPES: Partial<Record<Field, string>> = {
  sex: 'sex',
  skill: 'skill',
  onset_kind: 'onset',
  modified_rankin: 'mrs',
  anticoagulant: 'anticoagulant',
};

export function complaintText(field: Field, complaint: Complaint | undefined): string | undefined {
  if (complaint === undefined) return undefined;
  if (complaint !== 'range') return t(`complaint.${complaint}`);
  const { low, high } = RANGES[field as NumberField];
  return t('complaint.range', { low: number(low, low % 1 ? 1 : 0), high: number(high) });
}

export function flagText(flag: Flag): string {
  return tIfKnown(`flag.${flag.code}`) ?? flag.text;
}
