/** The result of a series that stands now. */
import type { Analysis, Series } from '../api/types';

/** The newest analysis that ended; while a newer one runs, the one before keeps standing. */
export function standing(series: Series): Analysis | null {
  return series.previous_analysis ?? series.analysis;
}
