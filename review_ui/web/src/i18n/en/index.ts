/** English: the list of every sentence of the desk, an area a file. A language that lacks one does not compile. */
import { calling } from './calling';
import { cases } from './cases';
import { desk } from './desk';
import { elsewhere } from './elsewhere';
import { figures } from './figures';
import { opinion } from './opinion';
import { peers } from './peers';
import { phone } from './phone';
import { requests } from './requests';
import { rota } from './rota';
import { setup } from './setup';
import { thread } from './thread';
import { viewer } from './viewer';
import { worklist } from './worklist';

export const en = {
  ...calling,
  ...cases,
  ...desk,
  ...elsewhere,
  ...figures,
  ...opinion,
  ...peers,
  ...phone,
  ...requests,
  ...rota,
  ...setup,
  ...thread,
  ...viewer,
  ...worklist,
} as const;

export type Key = keyof typeof en;
export type Dictionary = Readonly<Record<Key, string>>;
