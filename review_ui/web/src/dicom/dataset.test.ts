import { expect, it } from 'vitest';
import { type DataSet, flatFrames, numberOf, text } from './dataset';

const value = (vr: string, ...Value: unknown[]) => ({ vr, Value });

it('lifts shared and per-frame values, and never another image’s UID', () => {
  const instance: DataSet = {
    '00080018': value('UI', '1.2.3'),
    '00280008': value('IS', '2'),
    '52009229': value('SQ', { '00289110': value('SQ', { '00280030': value('DS', 0.5, 0.5) }) }),
    '52009230': value(
      'SQ',
      { '2005140F': value('SQ', { '00080018': value('UI', '9.9.1') }), '00189117': value('SQ', { '00189087': value('FD', 1000) }) },
      { '2005140F': value('SQ', { '00080018': value('UI', '9.9.2') }) },
    ),
  };
  const [first, second] = flatFrames(instance) as [DataSet, DataSet];
  expect([text(first, '00080018'), text(second, '00080018')]).toEqual(['1.2.3', '1.2.3']);
  expect(numberOf(first, '00189087')).toBe(1000);
  expect(numberOf(second, '00189087')).toBeUndefined();
  expect(numberOf(second, '00280030')).toBe(0.5);
  expect(first['00280008']).toBeUndefined();
});

it('reads an empty number as none, and a name by its alphabetic writing', () => {
  expect(numberOf({ '00200013': { vr: 'IS' } }, '00200013')).toBeUndefined();
  expect(text({ '00100010': value('PN', { Alphabetic: 'DUPONT^A' }) }, '00100010')).toBe('DUPONT^A');
});
