import { expect, it } from 'vitest';
import type { CaseDetail, Series, Study } from '../api/types';
import { isPrior } from '../case/prior';
import { hang } from './layouts';

const series = (id: string, role: string, modality: string, images = 30): Series =>
  ({ id, role, modality, images, ours: false, analysis: null }) as unknown as Series;
const study = (id: string, date: string, time: string, ...all: Series[]): Study =>
  ({ id, study_date: date, study_time: time, series: all }) as unknown as Study;
const of = (...studies: Study[]): CaseDetail => ({ studies }) as unknown as CaseDetail;
const ids = (hung: readonly ({ series: Series } | undefined)[]): (string | undefined)[] => hung.map((one) => one?.series.id);

const ct = of(study('s', '20261121', '0830', series('loc', 'localiser', 'CT', 2), series('plain', 'ncct', 'CT'), series('angio', 'cta', 'CT', 140)));

it('hangs one series alone, plain CT beside its angiography, and diffusion beside ADC and FLAIR', () => {
  expect(hang(of(study('s', '20261121', '', series('plain', 'ncct', 'CT'))), undefined, false)).toMatchObject({ layout: { name: '1x1' } });
  const both = hang(ct, undefined, false);
  expect(both.layout.name).toBe('1x2');
  expect(ids(both.hung)).toEqual(['plain', 'angio']);
  const mr = of(study('s', '20261121', '', series('f', 'flair', 'MR'), series('a', 'adc', 'MR'), series('d', 'dwi', 'MR')));
  const three = hang(mr, undefined, false);
  expect(three.layout.name).toBe('1x3');
  expect(ids(three.hung)).toEqual(['d', 'a', 'f']);
});

it('hangs the prior beside the examination it is compared with', () => {
  const now = study('now', '20261121', '083000', series('plain', 'ncct', 'CT'));
  const before = study('before', '20261119', '1200', series('old', 'ncct', 'CT', 60));
  const detail = of(before, now);
  expect(isPrior(before, detail)).toBe(true);
  expect(isPrior(now, detail)).toBe(false);
  expect(ids(hang(detail, undefined, false).hung)).toEqual(['plain', 'old']);
  expect(isPrior(study('same night', '20261120', '2330'), of(now))).toBe(false);
  expect(isPrior(study('undated', '', ''), detail)).toBe(false);
});

it('follows a habit where its roles are there, and shows one pane on a small screen', () => {
  const habit = { layout: '1x2', roles: ['cta', 'ncct'] };
  expect(ids(hang(ct, habit, false).hung)).toEqual(['angio', 'plain']);
  expect(ids(hang(of(study('s', '20261121', '', series('d', 'dwi', 'MR'))), habit, false).hung)).toEqual(['d']);
  expect(hang(ct, habit, true).layout.name).toBe('1x1');
});
