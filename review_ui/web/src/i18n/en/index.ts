/** English: the list of every sentence of the desk, an area a file. A language that lacks one does not compile. */
import { calling } from './calling';
import { cases } from './cases';
import { desk } from './desk';
import { requests } from './requests';
import { viewer } from './viewer';
import { worklist } from './worklist';

export const en = { ...desk, ...worklist, ...cases, ...viewer, ...requests, ...calling } as const;

export type Key = keyof typeof en;
export type Dictionary = Readonly<Record<Key, string>>;
