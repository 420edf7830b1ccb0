import { expect, it } from 'vitest';
import type { OpinionRequest } from '../api/requests';
import { differences, firstChoices, resolved } from './conflict';
import { bodyOf, checkable, complaints, draftOf, emptyDraft, glucoseIn, numeral, scored, type Draft } from './draft';
import { compared } from './identity';

const TODAY = new Date('2026-11-22T03:00:00Z');
const draft = (more: Partial<Draft>): Draft => ({ ...emptyDraft('fr'), family_name: 'Doe', requester: 'Dr Morvan', call_back: '02 98 00 00 00', ...more });

it('sends nothing told as nothing, and never as normal', () => {
  const body = bodyOf(draft({}), TODAY);
  expect(body['inr']).toBeNull();
  expect(body['anticoagulant']).toBeNull();
  expect(body.nihss).toEqual({ total: null, items: {} });
  expect(body.onset).toEqual({ kind: 'unknown', at: null, last_known_well_at: null });
});

it('keeps an item that was not tested apart from a zero', () => {
  const half = draft({ nihss_1a: '0', nihss_5a: '4' });
  expect(bodyOf(half, TODAY).nihss.items).toEqual({ '1a': 0, '5a': 4 });
  expect(scored(half)).toEqual({ sum: 4, items: 2 });
});

it('sends no time that belongs to another kind of onset, and no dose of what is not taken', () => {
  const at = '2026-11-22T01:00:00Z';
  const body = bodyOf(draft({ onset_kind: 'known', onset_at: at, last_known_well_at: at, anticoagulant: 'none', last_dose_at: at }), TODAY);
  expect(body.onset).toEqual({ kind: 'known', at, last_known_well_at: null });
  expect(body['last_dose_at']).toBeNull();
});

it('reckons the age from the birth date unless one was written', () => {
  expect(bodyOf(draft({ birth_date: '1950-11-23' }), TODAY)['age_years']).toBe(75);
  expect(bodyOf(draft({ birth_date: '1950-11-23', age_years: '70' }), TODAY)['age_years']).toBe(70);
});

it('reads numbers with a comma, and complains of what is none or cannot be', () => {
  expect(numeral('1,5')).toBe(1.5);
  expect(numeral('1e3')).toBeUndefined();
  expect(complaints(draft({ inr: '99', weight_kg: 'x', age_years: '3.5', call_back: 'ask Anne', onset_kind: 'known' }))).toEqual({
    inr: 'range', weight_kg: 'number', age_years: 'number', call_back: 'phone', onset_at: 'missing',
  });
});

it('reckons glucose in grams per litre as mmol/L', () => {
  expect(glucoseIn('1,0', 'g/L')).toBe('5.55');
  expect(glucoseIn('180', 'mg/dL')).toBe('9.99');
});

it('checks a half-written request without what the server would refuse', () => {
  const body = checkable(draft({ family_name: '', onset_kind: 'known', inr: 'abc', nihss_total: '7' }), TODAY);
  expect(body.patient.family_name).toBe('?');
  expect(body.onset.kind).toBe('unknown');
  expect(body['inr']).toBeNull();
  expect(body.nihss.total).toBe(7);
});

it('comes back from what is stored as it was sent', () => {
  const sent = draft({ given_name: 'Jane', birth_date: '1950-01-01', sex: 'F', nihss_4: '3', nihss_total: '5', inr: '2.5' });
  const body = bodyOf(sent, TODAY);
  const { family_name, given_name, patient_id, birth_date, sex } = body.patient;
  const patient = { name: `${family_name}^${given_name}`, id: patient_id, birth_date, sex };
  const stored = { ...body, patient, nihss: { ...body.nihss, sum: null }, onset: { ...body.onset, clock_starts_at: null } };
  expect(draftOf(stored as unknown as OpinionRequest)).toEqual({ ...sent, age_years: '76' });
});

it('lets what only one of two changed stand, and has a person choose where both did', () => {
  const base = draft({ question: 'a', inr: '1', weight_kg: '70' });
  const theirs = { ...base, question: 'b', inr: '2' };
  const mine = { ...base, question: 'c', weight_kg: '80' };
  const found = differences(base, theirs, mine);
  expect(found.map(({ field, changedBy }) => [field, changedBy])).toEqual([['question', 'both'], ['inr', 'them'], ['weight_kg', 'me']]);
  const choices = firstChoices(found);
  expect(choices).toEqual({ inr: 'theirs', weight_kg: 'mine' });
  expect(resolved(theirs, mine, { ...choices, question: 'mine' })).toEqual({ ...base, question: 'c', inr: '2', weight_kg: '80' });
});

it('compares identities without accents and case, and guesses nothing', () => {
  const one = { name: 'LE GALL^Hélène', id: '12', birth_date: '', sex: 'F' };
  const other = { name: 'Le-Gall^Helene', id: '13', birth_date: '19500101', sex: 'F' };
  expect((['name', 'id', 'birth_date', 'sex'] as const).map((line) => compared(line, one, other))).toEqual(['same', 'differs', 'unsaid', 'same']);
});
