/** A case's facts in the reader's words. */
import type { CaseRow, Coverage, Finding, Reason, Side, Warning } from '../api/types';
import { number, plural, t, tIfKnown, type Values } from '../i18n/language.svelte';
import { phrase, translated } from '../i18n/phrases';
import { lasted } from './waiting';

export function reasonText(reason: Reason): string {
  return tIfKnown(`reason.${reason.code}`, reasonValues(reason.values)) ?? reason.text;
}

export function warningText(warning: Warning): string {
  return tIfKnown(`warning.${warning.code}`) ?? warning.text;
}

export function shortWarningText(warning: Warning): string {
  return tIfKnown(`warning.short.${warning.code}`) ?? warning.text;
}

/** The first few reasons in words, and how many more there are. */
export function someReasons(reasons: readonly Reason[], most: number): string[] {
  const texts = reasons.map(reasonText);
  const left = texts.length - most;
  return left > 1 ? [...texts.slice(0, most), t('reason.more', { n: left })] : texts;
}

export function roleText(role: string): string {
  return tIfKnown(`role.${role}`) ?? role;
}

export function kindText(kind: string): string {
  return tIfKnown(`kind.${kind}`) ?? kind;
}

/** What a result of ours is, by its Modality. */
export function objectText(modality: string): string {
  return tIfKnown(`object.${modality}`) ?? modality;
}

export function eventText(kind: string): string {
  return tIfKnown(`event.${kind}`) ?? kind;
}

export function volumeText(volume_ml: number): string {
  return `${number(volume_ml, volume_ml < 100 ? 1 : 0)} mL`;
}

export function findingText(finding: Finding): string {
  return `${kindText(finding.kind)}, ${volumeText(finding.volume_ml)}, ${t(`side.${finding.side}`)}`;
}

/** Where it is and how far it reaches, as far as that is known. */
export function findingMore(finding: Finding): string {
  const parts = [finding.site && tIfKnown(`site.${finding.site}`), finding.region && tIfKnown(`region.${finding.region}`)];
  if (finding.largest_diameter_mm) parts.push(t('ai.diameter', { mm: number(finding.largest_diameter_mm) }));
  if (finding.abc2_ml) parts.push(t('ai.abc2', { volume: volumeText(finding.abc2_ml) }));
  return parts.filter(Boolean).join(', ');
}

/** Why there is no answer: the server's sentence where this page can say it, else what its code means. */
export function becauseText(code: string | undefined, why: string): string {
  return translated(why) ?? tIfKnown(`because.${code}`) ?? phrase(why);
}

/** What decided between series, read on after "because" or "it is". */
export function criteriaText(criteria: readonly string[]): string {
  return criteria.map((one) => tIfKnown(`criterion.${one}`) ?? one).join(', ');
}

export function missingText(missing: readonly string[]): string {
  return missing.map((fact) => tIfKnown(`missing.${fact}`) ?? fact).join(', ');
}

export function coverageText(coverage: Coverage): string {
  const { images: n, expected: m, from_mm, to_mm } = coverage;
  const parts = [m === null || m === undefined ? plural('coverage.images', n) : t('coverage.of', { n, m })];
  if (from_mm !== null && to_mm !== null && from_mm !== undefined && to_mm !== undefined) {
    parts.push(t('coverage.range', { from: number(from_mm), to: number(to_mm) }));
  }
  if (coverage.provisional) parts.unshift(t('coverage.provisional'));
  return parts.join(', ');
}

export function isProvisional(row: CaseRow): boolean {
  return row.reasons.some((reason) => reason.code === 'provisional');
}

export function provisionalText(row: CaseRow): string {
  const short = row.expected !== null && row.images < row.expected;
  return short ? t('ai.provisional.of', { n: row.images, m: row.expected! }) : t('ai.provisional');
}

/** The AI's state, for a row: never silent, and "receiving" says how far. */
export function stateText(row: CaseRow): string {
  if (row.state !== 'receiving') return t(`ai.${row.state}`);
  if (row.images === 0) return t('ai.noimages');
  if (row.expected !== null) return t('ai.receiving.of', { n: row.images, m: row.expected });
  return t('ai.receiving.n', { n: row.images });
}

function reasonValues(values: Reason['values']): Values {
  const known: Record<string, string | number> = { ...values, side: '' };
  if (typeof values['volume_ml'] === 'number') known['volume'] = volumeText(values['volume_ml']);
  const side = values['side'];
  if (side && side !== 'unknown') known['side'] = `, ${t(`side.${side as Side}`)}`;
  if (typeof values['minutes'] === 'number') known['duration'] = lasted(values['minutes'] * 60_000);
  if (typeof values['role'] === 'string') known['role'] = roleText(values['role']);
  if (typeof values['why'] === 'string') known['why'] = becauseText(values['because'] as string | undefined, values['why']);
  return known;
}
