/** What an opinion says, in the reader's words. */
import type { Content, CriticalCall, Region } from '../api/opinion';
import type { Side } from '../api/types';
import { number, t, tIfKnown } from '../i18n/language.svelte';
import { bothTimes } from '../requests/moments';
import { isSaidOf, NAMES, score, valueOf } from './content';

const UNITS: Readonly<Record<string, string>> = { volume_ml: 'mL', core_ml: 'mL', hypoperfused_ml: 'mL', midline_shift_mm: 'mm' };
const TITLES: Readonly<Record<string, string>> = { critical_call: 'critical' };
/** Whose values have words of their own. */
const VALUES: Readonly<Record<string, string>> = {
  sites: 'site',
  side: 'side',
  territories: 'opinion.territory',
  occlusion: 'opinion.occlusion',
  recommendations: 'opinion.recommendation',
  quality: 'opinion.quality',
};

export const sideText = (side: Side): string => t(`side.${side}`);
export const regionText = (region: Region): string => t(`opinion.region.${region}`);

/** "haemorrhage.side" as "Haemorrhage: side" reads. */
export function titleOf(name: string): string {
  const [part = '', field] = name.split('.');
  if (field === 'present') return t(part === 'haemorrhage' ? 'opinion.haemorrhage.present' : 'opinion.ischaemia.present');
  return tIfKnown(`opinion.${field ?? TITLES[name] ?? part}`) ?? name;
}

export function textOf(content: Content, name: string): string {
  if (!isSaidOf(content, name)) return t('opinion.notsaid');
  const value = valueOf(content, name);
  const field = name.split('.').at(-1)!;
  if (field === 'aspects') return aspectsText(value as Region[]);
  if (field === 'critical_call') return callText(value as CriticalCall);
  if (typeof value === 'boolean') return t(value ? 'opinion.yes' : 'opinion.no');
  if (typeof value === 'number') return `${number(value, Number.isInteger(value) ? 0 : 1)} ${UNITS[field] ?? ''}`.trim();
  if (Array.isArray(value)) return value.map((one) => word(field, one as string)).join(', ');
  return field === 'conclusion' ? (value as string) : word(field, value as string);
}

/** Everything that is said, in the order in which it is read; where blood or ischaemia is denied, nothing more of it. */
export function namesSaid(content: Content): string[] {
  const denied = (['haemorrhage', 'ischaemia'] as const).filter((part) => content[part].present === false);
  return NAMES.filter((name) => {
    const [part, field] = name.split('.');
    if (field && field !== 'present' && denied.some((one) => one === part) && field !== 'aspects') return false;
    return isSaidOf(content, name) || field === 'present';
  });
}

function word(field: string, value: string): string {
  return tIfKnown(`${VALUES[field]}.${value}`) ?? value;
}

function aspectsText(affected: readonly Region[]): string {
  const which = affected.length ? ` (${affected.join(', ')})` : '';
  return `${score(affected)}${which}`;
}

function callText({ told: name, at, read_back }: CriticalCall): string {
  return t(read_back ? 'opinion.critical.done' : 'opinion.critical.undone', { name, time: bothTimes(at) });
}
