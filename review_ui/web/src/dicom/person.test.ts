import { expect, it } from 'vitest';
import { ageInYears, dicomDate, dicomTime, personName } from './person';

it('reads a name in order and drops empty parts', () => {
  expect(personName('DUPONT^Hélène^^Dr')).toBe('Dr DUPONT Hélène');
  expect(personName('Wang^XiaoDong=王^小東')).toBe('Wang XiaoDong');
  expect(personName('=王^小東')).toBe('王 小東');
  expect(personName('<b>X</b>^Y')).toBe('<b>X</b> Y');
  expect(personName('')).toBe('');
});

it('reads dates and times, and leaves what is not one alone', () => {
  expect(dicomDate('19500123', 'fr')).toBe('23/01/1950');
  expect(dicomDate('19500123', 'en')).toBe('1950-01-23');
  expect(dicomDate('unknown', 'en')).toBe('unknown');
  expect(dicomTime('101530.250000')).toBe('10:15');
});

it('counts birthdays', () => {
  const on = new Date(2026, 10, 21);
  expect(ageInYears('19501121', on)).toBe(76);
  expect(ageInYears('19501122', on)).toBe(75);
  expect(ageInYears('', on)).toBeUndefined();
});
