/** The rota in the reader's words. */
import type { Duty, Span } from '../api/rota';
import { language, t, tIfKnown } from '../i18n/language.svelte';

const DAY: Intl.DateTimeFormatOptions = { weekday: 'short', day: '2-digit', month: '2-digit' };
const HOUR: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };

const format = (at: Date, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(language(), options).format(at);

export const dayText = (at: Date): string => format(at, DAY);
export const longDayText = (at: Date): string => format(at, { day: 'numeric', month: 'long', year: 'numeric' });
export const zoneText = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

export function spanText({ starts_at, ends_at }: Span): string {
  const [from, until] = [new Date(starts_at), new Date(ends_at)];
  const sameDay = from.toDateString() === until.toDateString();
  return `${format(from, { ...DAY, ...HOUR })} – ${format(until, sameDay ? HOUR : { ...DAY, ...HOUR })}`;
}

export function hoursText({ starts_at, ends_at }: Span): string {
  return `${format(new Date(starts_at), HOUR)}–${format(new Date(ends_at), HOUR)}`;
}

export const skillText = (skill: string): string => tIfKnown(`rota.skill.${skill}`) ?? skill;
export const holidayText = (code: string): string => tIfKnown(`holiday.${code}`) ?? code;

export function dutyText(duty: Duty): string {
  return t('rota.dutyof', { name: duty.expert_name, skill: skillText(duty.skill), times: spanText(duty) });
}
