/** What an opinion says, part by part: what is only suggested, what two versions say differently. */
import type { Content, Haemorrhage, Ischaemia, Region } from '../api/opinion';
import { REGIONS } from '../api/opinion';

export const NO_HAEMORRHAGE: Haemorrhage = {
  present: null,
  sites: [],
  side: null,
  volume_ml: null,
  midline_shift_mm: null,
  spot_sign: null,
};

export const NO_ISCHAEMIA: Ischaemia = {
  present: null,
  side: null,
  territories: [],
  aspects: null,
  occlusion: null,
  core_ml: null,
  hypoperfused_ml: null,
};

/** Everything an opinion can say, by name, in the order in which it is read. */
export const NAMES = [
  'recommendations',
  'conclusion',
  'critical_call',
  'quality',
  ...Object.keys(NO_HAEMORRHAGE).map((name) => `haemorrhage.${name}`),
  ...Object.keys(NO_ISCHAEMIA).map((name) => `ischaemia.${name}`),
] as readonly string[];

export function valueOf(content: Content, name: string): unknown {
  const [part = '', field] = name.split('.');
  const found = content[part as keyof Content] as unknown;
  return field === undefined ? found : (found as Record<string, unknown>)[field];
}

export function isSaid(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
}

/** An empty list of affected regions is a score of ten, and said. */
export function isSaidOf(content: Content, name: string): boolean {
  const value = valueOf(content, name);
  return name === 'ischaemia.aspects' ? value !== null : isSaid(value);
}

export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

export const differences = (one: Content, other: Content): string[] =>
  NAMES.filter((name) => !same(valueOf(one, name), valueOf(other, name)));

/** What is still only suggested: neither changed since, nor confirmed. */
export function stillUnconfirmed(
  unconfirmed: readonly string[],
  saved: Content,
  now: Content,
  confirmed: ReadonlySet<string>,
): string[] {
  return unconfirmed.filter((name) => !confirmed.has(name) && same(valueOf(saved, name), valueOf(now, name)));
}

/** A list with one value more or less, in the server's order. */
export function toggled<T extends string>(list: readonly T[], value: T): T[] {
  return (list.includes(value) ? list.filter((one) => one !== value) : [...list, value]).sort();
}

export function score(affected: readonly Region[]): number {
  return REGIONS.length - affected.length;
}

export function mismatch({ core_ml, hypoperfused_ml }: Ischaemia): number | null {
  return core_ml && hypoperfused_ml !== null ? hypoperfused_ml / core_ml : null;
}

/** What a person wrote as a number, with a comma or a point; undefined where it is none between 0 and `most`. */
export function numberFrom(written: string, most: number): number | null | undefined {
  const text = written.trim().replace(',', '.');
  if (text === '') return null;
  if (!/^\d+(\.\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return value <= most ? value : undefined;
}
