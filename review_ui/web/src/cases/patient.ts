/** Who the patient is, in the reader's words. */
import type { Patient } from '../api/types';
import { personName } from '../dicom/person';
import { t } from '../i18n/language.svelte';

export function nameText(patient: Pick<Patient, 'name' | 'withheld'>): string {
  return patient.withheld ? t('case.withheld') : personName(patient.name) || t('case.noname');
}

/** PatientSex is M, F, O or empty (PS3.3 C.7.1.1). */
export function sexText(PatientSex: string): string {
  if (PatientSex === 'F') return t('case.female');
  if (PatientSex === 'M') return t('case.male');
  return PatientSex === 'O' ? t('case.other') : PatientSex;
}
