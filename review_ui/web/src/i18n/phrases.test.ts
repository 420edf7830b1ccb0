import { describe, expect, it } from 'vitest';
import { inLanguage, PHRASES } from './phrase-table';

const OTHERS = ['fr', 'zh'] as const;
const parts = (sentence: string): string[] => (sentence.match(/\$\d/g) ?? []).sort();

/** Sentences as the server writes them. */
const SAID = [
  'no model for this role yet',
  'The images do not form one volume.',
  'The series is outside what the model declares it can read.',
  'The model did not answer before its time limit and was stopped.',
  "The model's process died.",
  'The model bundle is missing, broken or not what its hash says.',
  'the slices do not lie on one line (off by up to 3.2 mm)',
  'these images are unlike what the model was taught (score 0.93)',
  'the association was lost',
  'superseded by a newer analysis of this series',
];

describe('the sentences of the server', () => {
  it.each(OTHERS)('are all written in %s, with the same parts of the English one', (code) => {
    for (const { says, [code]: sentence } of PHRASES) {
      expect(sentence.trim(), `${says}`).not.toBe('');
      const brackets = new RegExp(`${says.source}|`).exec('')!.length - 1;
      for (const part of parts(sentence)) expect(Number(part[1]), `${says} -> ${sentence}`).toBeLessThanOrEqual(brackets);
    }
  });

  it('lose no part in one language that they keep in another', () => {
    for (const { says, fr, zh } of PHRASES) expect(parts(zh), `${says}`).toEqual(parts(fr));
  });

  it.each(OTHERS)('are said in %s as they come', (code) => {
    for (const sentence of SAID) expect(inLanguage(sentence, code), sentence).toBeDefined();
  });

  it('keep what stands in their brackets', () => {
    expect(inLanguage('an image of 9000 x 8000 pixels is larger than this', 'zh')).toContain('9000 x 8000');
  });

  it('are said whole where one follows another', () => {
    const english = 'unlike what the model was taught: very much image noise';
    expect(inLanguage(english, 'fr')).toBe('différent de ce que le modèle a appris : beaucoup de bruit dans l’image');
    expect(inLanguage(english, 'zh')).toBe('与模型训练数据不同：图像噪声很大');
  });

  it('stay English where nothing is known of them', () => {
    expect(inLanguage('The moon was in the way.', 'zh')).toBeUndefined();
    expect(inLanguage('The moon was in the way.', 'en')).toBe('the moon was in the way');
  });
});
