/** What the server's JSON looks like. Times are ISO 8601 in UTC; DICOM dates and times are as in the images. */

export type Tier = 'red' | 'orange' | 'yellow' | 'grey';
export type CaseState = 'receiving' | 'analysing' | 'analysed' | 'not_analysed' | 'failed';
export type AnalysisState = 'waiting' | 'running' | 'analysed' | 'not_analysed' | 'failed' | 'timed_out';
export type Side = 'left' | 'right' | 'midline' | 'bilateral' | 'unknown';

export interface Account {
  id: string;
  name: string;
  full_name: string;
  role: 'administrator' | 'coordinator' | 'expert' | 'site';
  site_id: string | null;
  language: string;
  must_change_password: boolean;
}

export interface Patient {
  name: string;
  id: string;
  birth_date: string;
  sex: string;
  withheld?: boolean; // whoever asks is not shown who it is
}

export interface Reason {
  code: string;
  text: string;
  values: Record<string, string | number>;
}

export interface Warning {
  code: string;
  text: string;
}

/** Who is being called for a case; with `alarm_at` nobody was found, and `phone` is to be called. */
export interface Called {
  people: string[];
  since: string | null;
  next_at: string | null;
  alarm_at: string | null;
  phone: string;
}

export interface CaseRow {
  id: string;
  site: string;
  site_name: string;
  patient: Patient;
  tier: Tier;
  reasons: Reason[];
  state: CaseState;
  why: string;
  first_image_at: string;
  visible_at: string;
  last_image_at: string | null;
  alerted_at: string | null;
  images: number;
  expected: number | null;
  owner: string | null;
  taken_at: string | null;
  warnings: Warning[];
  modalities: string[];
  roles: string[];
  version: number;
  closed_at?: string | null;
  deadline_at?: string | null; // by when a person should have read it
  rules?: string; // the priority rules and their version
  missing?: string[]; // facts nobody has told us
  windows?: { code: string; ends_at: string }[]; // of treatment, the first to end first
  messages?: number; // of its thread
  called?: Called | null; // none unless somebody is, or should be, called now
  test?: boolean; // a phantom's: rings nobody, stands behind everybody
}

export interface WorklistAnswer {
  cases: CaseRow[];
  last_event: number;
}

export interface Finding {
  kind: string;
  volume_ml: number;
  side: Side;
  confidence: number;
  centre_mm: [number, number, number] | null;
  label: number;
  site?: string | null;
  bundle?: string;
  bundle_version?: string;
  for_triage?: boolean; // false: shown, raises nothing
  abc2_ml?: number | null;
  largest_diameter_mm?: number | null;
  left_share?: number | null;
  region?: string | null;
  uncertainty?: number | null;
}

/** A series that came after the chosen one, or is not read; series are named by their SeriesInstanceUID. */
export interface Ranked {
  series: string;
  why: string;
  criteria: string[];
}

/** Among which series of a study one was chosen to be read. */
export interface Choice {
  role: string;
  chosen: string;
  why: string;
  criteria: string[];
  runners_up: Ranked[];
  not_read: Ranked[];
}

/** A DICOM object of ours in the vault. */
export interface MadeObject {
  id: string;
  kind: string; // seg, sr, sc or pr
  made_at: string;
}

/** What one bundle said of a series. */
export interface BundleResult {
  bundle: string;
  bundle_version: string;
  state: AnalysisState;
  why: string;
  for_triage: boolean;
  scan_probability: number | null;
  out_of_distribution: number | null;
}

export interface MidlineShift {
  mm: number;
  to: Side;
  method: string;
  limits: string;
}

export interface RoleCorrection {
  by: string;
  at: string;
  from_role: string;
  from_reason: string;
}

export interface Coverage {
  images: number;
  expected: number | null;
  from_mm: number | null;
  to_mm: number | null;
  provisional: boolean;
  sentence: string;
}

export interface Analysis {
  id: string;
  version: number;
  state: AnalysisState;
  why: string;
  bundle: string;
  bundle_title?: string;
  bundle_version: string;
  limits: string | string[];
  scan_probability: number | null;
  flags: string[];
  notes: string[];
  coverage: Coverage | null;
  findings: Finding[];
  seconds: Record<string, number>;
  finished_at: string | null;
  results?: BundleResult[];
  reservations?: string[]; // "analysed with reservations, because"
  rules?: string;
  midline_shift?: MidlineShift | null;
  companions?: string[]; // roles read together with the series
  because?: string; // why there is no answer, as a code
  choice?: Choice | null;
  objects?: MadeObject[];
  segmentation: { series_instance_uid: string; sop_instance_uid: string } | null;
}

export interface Series {
  id: string;
  series_instance_uid: string;
  modality: string;
  series_description: string;
  series_number: number | null;
  role: string;
  role_reason: string;
  role_confidence?: number | null;
  role_reasons?: string[]; // all evidence, the deciding one first
  role_correction?: RoleCorrection | null;
  images: number;
  expected: number | null;
  arrival: 'receiving' | 'complete';
  signal: string;
  ours: boolean; // made by NeuroVigie
  analysis: Analysis | null;
  previous_analysis?: Analysis | null; // the last one that ended, while a newer one is under way
}

export interface Study {
  id: string;
  study_instance_uid: string;
  study_date: string;
  study_time: string;
  study_description: string;
  series: Series[];
}

export interface IdentityCorrection {
  id: string;
  known: Record<string, string>;
  proposed: Record<string, string>;
  state: 'to_confirm' | 'confirmed' | 'rejected';
}

export interface CaseEvent {
  id: number;
  kind: string;
  at: string;
  data: Record<string, unknown>;
}

export interface CaseDetail extends CaseRow {
  studies: Study[];
  earlier?: Study[]; // of the same patient, in older cases
  identity_corrections: IdentityCorrection[];
  events: CaseEvent[];
  clocks?: { ae_title: string; ahead_s: number }[]; // of senders, so far from ours that times in images mislead
}

export const DELIVERY_STATES = ['owed', 'sending', 'failed_will_retry', 'given_up', 'sent', 'committed', 'withdrawn'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export interface Delivery {
  id: string;
  destination: string;
  case_id: string;
  site: string;
  kind: string; // of the object: seg, sr ...
  state: DeliveryState;
  why: string;
  event: string;
  attempts: number;
  next_at: string | null;
  owed_at: string;
  sent_at: string | null; // when the other system said it has it
  committed_at: string | null; // when it said it keeps it
}

export interface Destination {
  name: string;
  kind: 'dicom' | 'stow';
  site: string;
  deliver_when: 'off' | 'signed' | 'unsigned';
  active: boolean;
}

export interface DeliveriesAnswer {
  deliveries: Delivery[];
  counts: Record<DeliveryState, number>;
  destinations: Destination[];
  may_resend: boolean;
}
