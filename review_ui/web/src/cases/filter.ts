/** Which cases of the worklist are shown; what may not be overlooked is shown whatever was chosen. */
import type { CaseRow, Tier } from '../api/types';
import { personName } from '../dicom/person';

export interface Filter {
  words: string; // of the patient's name or number
  tiers: readonly Tier[]; // empty: all
  site: string; // empty: all
  held: 'any' | 'nobody' | 'me';
}

export const EVERYTHING: Filter = { words: '', tiers: [], site: '', held: 'any' };

export const isFiltering = (filter: Filter): boolean =>
  filter.words.trim() !== '' || filter.tiers.length > 0 || filter.site !== '' || filter.held !== 'any';

export function passes(row: CaseRow, filter: Filter, isMine: (row: CaseRow) => boolean): boolean {
  if (filter.tiers.length && !filter.tiers.includes(row.tier)) return false;
  if (filter.site && row.site !== filter.site) return false;
  if (filter.held === 'nobody' && row.owner) return false;
  if (filter.held === 'me' && !isMine(row)) return false;
  const said = plain(`${personName(row.patient.name)} ${row.patient.name} ${row.patient.id}`);
  return plain(filter.words).split(' ').every((word) => said.includes(word));
}

/** Whether a hidden case must be told of: nobody holds it, and it is red or somebody is called for it. */
export const isPressing = (row: CaseRow): boolean => !row.owner && (row.tier === 'red' || !!row.called);

/** Without case, accents and signs. */
function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').replace(/[^\p{L}\p{N}]+/gu, ' ').trim().toLowerCase();
}
