/** Codes of the server about peers, in the reader's language; what has no words yet is shown as the server said it. */
import type { Seen, Step } from '../api/peers';
import { lasted } from '../cases/waiting';
import { t, tIfKnown } from '../i18n/language.svelte';

export const refusalText = (seen: Seen): string => tIfKnown(`peers.refusal.${seen.refusal}`) ?? seen.why;

export const stepText = (step: Step): string => tIfKnown(`peers.step.${step.code}`, step.values) ?? step.says;

export function clockText(aheadS: number): string {
  const by = lasted(Math.abs(aheadS) * 1000);
  return aheadS > 0 ? t('peers.clock.ahead', { by }) : t('peers.clock.behind', { by });
}
