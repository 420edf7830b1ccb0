/** Two people changed one request: what each changed, and which of the two is meant to stand. */
import { FIELDS, type Draft, type Field } from './draft';

export interface Difference {
  field: Field;
  theirs: string;
  mine: string;
  /** Only one of the two changed it; none when both did, and a person must choose. */
  changedBy: 'them' | 'me' | 'both';
}

/** Where my draft and what stands now differ, seen from what I began with. */
export function differences(base: Draft, theirs: Draft, mine: Draft): Difference[] {
  return FIELDS.filter((field) => theirs[field] !== mine[field]).map((field) => {
    const byThem = theirs[field] !== base[field];
    const byMe = mine[field] !== base[field];
    return { field, theirs: theirs[field], mine: mine[field], changedBy: byThem && byMe ? 'both' : byThem ? 'them' : 'me' };
  });
}

export type Choice = 'theirs' | 'mine';

/** What only one of the two changed stands as that one has it. */
export function firstChoices(found: readonly Difference[]): Partial<Record<Field, Choice>> {
  const choices: Partial<Record<Field, Choice>> = {};
  for (const { field, changedBy } of found) {
    if (changedBy !== 'both') choices[field] = changedBy === 'them' ? 'theirs' : 'mine';
  }
  return choices;
}

export function resolved(theirs: Draft, mine: Draft, choices: Partial<Record<Field, Choice>>): Draft {
  const draft = { ...theirs };
  for (const field of FIELDS) if (choices[field] === 'mine') draft[field] = mine[field];
  return draft;
}
