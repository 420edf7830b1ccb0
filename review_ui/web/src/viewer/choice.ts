/** Which series of a case can be read, and which one to open first. */
import type { CaseDetail, Series, Study } from '../api/types';
import { standing } from '../case/standing';

export interface Readable {
  study: Study;
  series: Series;
}

const WITHOUT_IMAGES = new Set(['SEG', 'SR', 'PR', 'KO', 'RTSTRUCT', 'RTPLAN', 'DOC', 'PLAN', 'REG', 'AU', 'ECG']);
const ROLE_ORDER = ['ncct', 'dwi', 'flair', 'adc', 'cta', 'other'];

export function readable(detail: CaseDetail): Readable[] {
  return [...detail.studies, ...(detail.earlier ?? [])].flatMap((study) =>
    study.series.filter((series) => !series.ours && !WITHOUT_IMAGES.has(series.modality) && series.images > 0).map((series) => ({ study, series })),
  );
}

/** Series with findings first, then by role, then the one with most images. */
export function openFirst(choices: readonly Readable[]): Readable | undefined {
  const rank = ({ series }: Readable): number => {
    const found = standing(series)?.findings.length ? 0 : ROLE_ORDER.length;
    return found + Math.max(0, ROLE_ORDER.indexOf(series.role));
  };
  return [...choices].sort((a, b) => rank(a) - rank(b) || b.series.images - a.series.images)[0];
}
