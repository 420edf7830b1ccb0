import type { Dictionary } from '../en';
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

export const fr: Dictionary = {
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
};
