/** Reading the DICOM JSON model (PS3.18 annex F). */

export interface Element {
  vr?: string;
  Value?: unknown[];
}
export type DataSet = Record<string, Element>;

export const TAG = {
  AvailableTransferSyntaxUID: '00083002',
  StudyDate: '00080020',
  StudyTime: '00080030',
  Modality: '00080060',
  SOPInstanceUID: '00080018',
  SeriesDescription: '0008103E',
  PatientName: '00100010',
  PatientID: '00100020',
  PatientBirthDate: '00100030',
  PatientSex: '00100040',
  InstanceNumber: '00200013',
  ImagePositionPatient: '00200032',
  ImageOrientationPatient: '00200037',
  FrameOfReferenceUID: '00200052',
  NumberOfFrames: '00280008',
  PhotometricInterpretation: '00280004',
  Rows: '00280010',
  Columns: '00280011',
  PixelSpacing: '00280030',
  ImagerPixelSpacing: '00181164',
  WindowCenter: '00281050',
  WindowWidth: '00281051',
  SharedFunctionalGroupsSequence: '52009229',
  PerFrameFunctionalGroupsSequence: '52009230',
} as const;

export function text(dataset: DataSet, tag: string): string {
  const value = dataset[tag]?.Value?.[0];
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return String((value as { Alphabetic?: string }).Alphabetic ?? '');
  return String(value);
}

export function numbers(dataset: DataSet, tag: string): number[] {
  return (dataset[tag]?.Value ?? []).map(Number);
}

/** The first number of an element, or undefined when it is missing or not one. */
export function numberOf(dataset: DataSet, tag: string): number | undefined {
  const value = numbers(dataset, tag)[0];
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

export function items(dataset: DataSet, tag: string): DataSet[] {
  return (dataset[tag]?.Value ?? []) as DataSet[];
}

/**
 * One flat data set per frame, as if every frame were an image of its own: the macros of the shared
 * and the per-frame functional groups (PS3.3 C.7.6.16) are lifted to the top. What is at the top
 * already stays: some scanners repeat UIDs of other images in their groups.
 */
export function flatFrames(instance: DataSet): DataSet[] {
  const frames = numberOf(instance, TAG.NumberOfFrames) ?? 1;
  const perFrame = items(instance, TAG.PerFrameFunctionalGroupsSequence);
  if (frames <= 1 && perFrame.length === 0) return [instance];
  const { [TAG.SharedFunctionalGroupsSequence]: _s, [TAG.PerFrameFunctionalGroupsSequence]: _p, ...top } = instance;
  delete top[TAG.NumberOfFrames];
  const shared = lifted(items(instance, TAG.SharedFunctionalGroupsSequence)[0]);
  return Array.from({ length: frames }, (_, frame) => ({ ...shared, ...lifted(perFrame[frame]), ...top }));
}

function lifted(groups: DataSet | undefined): DataSet {
  const flat: DataSet = {};
  for (const macro of Object.values(groups ?? {})) Object.assign(flat, (macro.Value?.[0] as DataSet | undefined) ?? {});
  return flat;
}
