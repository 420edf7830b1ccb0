/** English: the list of every sentence of the desk, an area a file. A language that lacks one does not compile. */
import { cases } from './cases';
import { desk } from './desk';
import { viewer } from './viewer';
import { worklist } from './worklist';

export const en = { ...desk, ...worklist, ...cases, ...viewer } as const;

export type Key = keyof typeof en;
export type Dictionary = Readonly<Record<Key, string>>;
