/** Which studies of a case are earlier ones, there to compare with. */
import type { CaseDetail, Study } from '../api/types';

const APART_MS = 12 * 3_600_000; // the CT and the MRI of one night are one examination

/** Whether a study is of an older case, or was made well before the newest one of the case; unknown dates are never called prior. */
export function isPrior(study: Study, detail: CaseDetail): boolean {
  if (detail.earlier?.some(({ id }) => id === study.id)) return true;
  const moments = detail.studies.map(momentOf).filter((moment) => moment !== undefined);
  const moment = momentOf(study);
  return moment !== undefined && Math.max(...moments) - moment > APART_MS;
}

/** StudyDate and StudyTime by the scanner's clock; only differences of it mean anything. */
function momentOf({ study_date, study_time }: Study): number | undefined {
  const day = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(study_date);
  if (!day) return undefined;
  const [, hours = '12', minutes = '0'] = /^(\d{2}):?(\d{2})/.exec(study_time) ?? [];
  return Date.UTC(Number(day[1]), Number(day[2]) - 1, Number(day[3]), Number(hours), Number(minutes));
}
