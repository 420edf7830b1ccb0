import type { Dictionary } from '../en';
import { cases } from './cases';
import { desk } from './desk';
import { viewer } from './viewer';
import { worklist } from './worklist';

export const fr: Dictionary = { ...desk, ...worklist, ...cases, ...viewer };
