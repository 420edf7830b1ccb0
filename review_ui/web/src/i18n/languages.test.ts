import { describe, expect, it } from 'vitest';
import { en, type Key } from './en';
import { fr } from './fr';
import { zh } from './zh';

const DICTIONARIES = { en, fr, zh };
const keys = Object.keys(en).sort() as Key[];
const values = (sentence: string): string[] => [...new Set(sentence.match(/\{\w+\}/g) ?? [])].sort();

describe.each(Object.entries(DICTIONARIES))('the sentences in %s', (code, sentences) => {
  it('lack no key and have none too many', () => {
    expect(Object.keys(sentences).sort()).toEqual(keys);
  });

  it('are never empty', () => {
    expect(keys.filter((key) => sentences[key].trim() === '')).toEqual([]);
  });

  it('hold the values that the English ones hold', () => {
    const other = keys.filter((key) => values(sentences[key]).join() !== values(en[key]).join());
    expect(other, code).toEqual([]);
  });
});

describe('Chinese', () => {
  it('was not left in English', () => {
    const words = /[a-z]{2}/; // ADC, ABC/2, W and L are the same in every language
    const left = keys.filter((key) => zh[key] === en[key] && words.test(en[key].replace(/\{\w+\}/g, '')));
    expect(left).toEqual([]);
  });
});
