/** DICOMweb, rooted in one study's row. */
import type { DataSet } from '../dicom/dataset';
import type { Series, Study } from './types';
import { address, ApiError, tellSignedOut } from './http';

/** Address of a study; absolute, as the image loader's worker has no page to be relative to. */
function studyAddress(study: Study): string {
  const path = address(`/studies/${study.id}/dicomweb/studies/${encodeURIComponent(study.study_instance_uid)}`);
  return new URL(path, location.href).href;
}

function seriesAddress(study: Study, seriesInstanceUID: string): string {
  return `${studyAddress(study)}/series/${encodeURIComponent(seriesInstanceUID)}`;
}

export function frameAddress(study: Study, series: Series): (SOPInstanceUID: string, frame: number) => string {
  const base = seriesAddress(study, series.series_instance_uid);
  return (uid, frame) => `${base}/instances/${encodeURIComponent(uid)}/frames/${frame}`;
}

export async function readMetadata(study: Study, series: Series): Promise<DataSet[]> {
  const url = `${seriesAddress(study, series.series_instance_uid)}/metadata`;
  const response = await ask(url, { Accept: 'application/dicom+json' }, undefined, 'no-cache');
  return (await response.json()) as DataSet[];
}

export async function readInstance(study: Study, seriesUID: string, sopUID: string, signal: AbortSignal): Promise<Uint8Array> {
  const url = `${seriesAddress(study, seriesUID)}/instances/${encodeURIComponent(sopUID)}`;
  const response = await ask(url, { Accept: 'application/dicom' }, signal, 'default');
  return new Uint8Array(await response.arrayBuffer());
}

async function ask(url: string, headers: HeadersInit, signal: AbortSignal | undefined, cache: RequestCache): Promise<Response> {
  const response = await fetch(url, { headers, signal: signal ?? null, cache });
  if (response.status === 401) tellSignedOut();
  if (!response.ok) throw new ApiError(response.status, `http_${response.status}`, response.statusText);
  return response;
}
