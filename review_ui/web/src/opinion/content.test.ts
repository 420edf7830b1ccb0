import { describe, expect, it } from 'vitest';
import type { Content } from '../api/opinion';
import {
  differences,
  isSaidOf,
  mismatch,
  NO_HAEMORRHAGE,
  NO_ISCHAEMIA,
  numberFrom,
  score,
  stillUnconfirmed,
  toggled,
} from './content';

const EMPTY: Content = {
  quality: null,
  haemorrhage: NO_HAEMORRHAGE,
  ischaemia: NO_ISCHAEMIA,
  recommendations: [],
  conclusion: '',
  critical_call: null,
};
const BLEED: Content = { ...EMPTY, haemorrhage: { ...NO_HAEMORRHAGE, present: true, volume_ml: 12.3 } };
const NAMES = ['haemorrhage.present', 'haemorrhage.volume_ml'];

describe('what is only suggested', () => {
  it('stays so until it is confirmed', () => {
    expect(stillUnconfirmed(NAMES, BLEED, BLEED, new Set())).toEqual(NAMES);
    expect(stillUnconfirmed(NAMES, BLEED, BLEED, new Set(['haemorrhage.present']))).toEqual(['haemorrhage.volume_ml']);
  });

  it('is a person’s own as soon as it is changed', () => {
    const changed = { ...BLEED, haemorrhage: { ...BLEED.haemorrhage, volume_ml: 14 } };
    expect(stillUnconfirmed(NAMES, BLEED, changed, new Set())).toEqual(['haemorrhage.present']);
  });
});

describe('two versions', () => {
  it('differ in what was changed and in nothing else', () => {
    expect(differences(EMPTY, EMPTY)).toEqual([]);
    expect(differences(EMPTY, { ...BLEED, conclusion: 'x' })).toEqual(['conclusion', ...NAMES]);
  });
});

describe('ASPECTS', () => {
  it('is ten less the affected regions, and ten is said while "not scored" is not', () => {
    expect(score([])).toBe(10);
    expect(score(['I', 'M1'])).toBe(8);
    expect(isSaidOf({ ...EMPTY, ischaemia: { ...NO_ISCHAEMIA, aspects: [] } }, 'ischaemia.aspects')).toBe(true);
    expect(isSaidOf(EMPTY, 'ischaemia.aspects')).toBe(false);
  });
});

describe('small things', () => {
  it('a list is toggled in the server’s order', () => {
    expect(toggled(['SAH'], 'IPH')).toEqual(['IPH', 'SAH']);
    expect(toggled(['IPH', 'SAH'], 'IPH')).toEqual(['SAH']);
  });

  it('a ratio needs both volumes and a core', () => {
    expect(mismatch({ ...NO_ISCHAEMIA, core_ml: 10, hypoperfused_ml: 25 })).toBe(2.5);
    expect(mismatch({ ...NO_ISCHAEMIA, core_ml: 0, hypoperfused_ml: 25 })).toBeNull();
    expect(mismatch({ ...NO_ISCHAEMIA, core_ml: 10 })).toBeNull();
  });

  it('a number is written with a comma or a point, and nothing else is taken for one', () => {
    expect(numberFrom(' 12,5 ', 3000)).toBe(12.5);
    expect(numberFrom('', 3000)).toBeNull();
    for (const wrong of ['-1', '1e3', 'abc', '3001', '1.2.3']) expect(numberFrom(wrong, 3000)).toBeUndefined();
  });
});
