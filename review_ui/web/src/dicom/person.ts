/** Patient names, dates and times as DICOM writes them (PS3.5 6.2), as a reader expects them. */

/** "DUPONT^Hélène^Marie" reads "DUPONT Hélène Marie"; of several writings the first that is there. */
export function personName(PN: string): string {
  const writing = PN.split('=').find((group) => /[^^\s]/.test(group)) ?? '';
  const [family = '', given = '', middle = '', prefix = '', suffix = ''] = writing.split('^');
  return [prefix, family, given, middle, suffix].map((part) => part.trim()).filter(Boolean).join(' ');
}

/** "19500123" reads "1950-01-23" in English and "23/01/1950" in French; anything else stays as it is. */
export function dicomDate(DA: string, language: string): string {
  const parts = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(DA.trim());
  if (!parts) return DA.trim();
  const [, year, month, day] = parts;
  return language === 'fr' ? `${day}/${month}/${year}` : `${year}-${month}-${day}`;
}

/** "101530.25" reads "10:15"; the scanner's own clock, in its own time zone. */
export function dicomTime(TM: string): string {
  const parts = /^(\d{2}):?(\d{2})/.exec(TM.trim());
  return parts ? `${parts[1]}:${parts[2]}` : TM.trim();
}

/** Whole years between a birth date and a day; undefined when the date is not one. */
export function ageInYears(DA: string, on: Date): number | undefined {
  const parts = /^(\d{4})(\d{2})(\d{2})$/.exec(DA.trim());
  if (!parts) return undefined;
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  const had = on.getMonth() + 1 > month || (on.getMonth() + 1 === month && on.getDate() >= day);
  const age = on.getFullYear() - year - (had ? 0 : 1);
  return age >= 0 && age < 140 ? age : undefined;
}
