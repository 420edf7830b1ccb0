/** Two descriptions of a patient, line by line; nothing is decided here, a person does. */
import type { Patient } from '../api/types';
import { personName } from '../dicom/person';

export const LINES = ['name', 'birth_date', 'sex', 'id'] as const;
export type Line = (typeof LINES)[number];
export type Likeness = 'same' | 'differs' | 'unsaid';

/** Whether both say the same, accents, case and hyphens aside. */
export function compared(line: Line, one: Patient, other: Patient): Likeness {
  const [a, b] = [plain(line, one), plain(line, other)];
  if (!a || !b) return 'unsaid';
  return a === b ? 'same' : 'differs';
}

function plain(line: Line, patient: Patient): string {
  const said = line === 'name' ? personName(patient.name) : patient[line];
  return said.normalize('NFKD').replace(/\p{M}/gu, '').replace(/[^\p{L}\p{N}]+/gu, ' ').trim().toLowerCase();
}
