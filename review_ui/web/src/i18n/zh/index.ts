/** Simplified Chinese, in mainland usage. Not yet reviewed by a native clinician. */
import type { Dictionary } from '../en';
import { calling } from './calling';
import { cases } from './cases';
import { desk } from './desk';
import { requests } from './requests';
import { viewer } from './viewer';
import { worklist } from './worklist';

export const zh: Dictionary = { ...desk, ...worklist, ...cases, ...viewer, ...requests, ...calling };
