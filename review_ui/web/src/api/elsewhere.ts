/** Other viewers a study opens in, and the hospital's archive of earlier studies. */
import type { Study } from './types';
import { get, post } from './http';

export type OtherViewer = 'ohif' | 'weasis';

export interface Priors {
  offered: boolean; // an archive of this hospital was named
  state: 'waiting' | 'done' | 'given_up' | null;
  why: string;
  studies: number;
  images: number;
}

let known: Promise<OtherViewer[]> | undefined;

/** The same for every case, so asked for once. */
export function otherViewers(): Promise<OtherViewer[]> {
  known ??= get<{ viewers: OtherViewer[] }>('/viewers').then(
    ({ viewers }) => viewers,
    () => {
      known = undefined;
      return [];
    },
  );
  return known;
}

export async function linkTo(study: Study, viewer: OtherViewer): Promise<string> {
  return (await post<{ url: string }>(`/studies/${study.id}/viewer-link`, { viewer })).url;
}

export function readPriors(caseId: string): Promise<Priors> {
  return get(`/cases/${caseId}/priors`);
}

export function fetchPriors(caseId: string): Promise<Priors> {
  return post(`/cases/${caseId}/priors`);
}
