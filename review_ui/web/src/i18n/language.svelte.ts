/** The language of the page, and the sentences in it. */
import { en, type Dictionary, type Key } from './en';
import { fr } from './fr';
import { zh } from './zh';

const DICTIONARIES = { fr, en, zh } as const satisfies Record<string, Dictionary>;
const KEPT = 'neurovigie.language';

export type Language = keyof typeof DICTIONARIES;
export type Values = Readonly<Record<string, string | number>>;
export const LANGUAGES: readonly { code: Language; name: string }[] = [
  { code: 'fr', name: 'Français' },
  { code: 'en', name: 'English' },
  { code: 'zh', name: '中文' },
];

let chosen = $state<Language>(firstLanguage());
document.documentElement.lang = chosen;

export const language = (): Language => chosen;

export function chooseLanguage(code: Language): void {
  chosen = code;
  document.documentElement.lang = code;
  localStorage.setItem(KEPT, code);
}

/** The account's language, unless this browser's user has chosen one. */
export function suggestLanguage(code: string): void {
  if (localStorage.getItem(KEPT) === null && isLanguage(code)) {
    chosen = code;
    document.documentElement.lang = code;
  }
}

/** The sentence for a key, with {values} put in. */
export function t(key: Key, values: Values = {}): string {
  return filled(DICTIONARIES[chosen][key], values);
}

/** The sentence for a key the server made up, or undefined when this page does not know it. */
export function tIfKnown(key: string, values: Values = {}): string | undefined {
  return key in en ? t(key as Key, values) : undefined;
}

/** Sentences that exist for one and for several. */
type Stem<K = Key> = K extends `${infer S}.one` ? S : never;

export function plural(stem: Stem, n: number): string {
  const form = new Intl.PluralRules(chosen).select(n) === 'one' ? 'one' : 'other';
  return t(`${stem}.${form}`, { n });
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(chosen, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

export function percent(fraction: number): string {
  return new Intl.NumberFormat(chosen, { style: 'percent' }).format(fraction);
}

function filled(sentence: string, values: Values): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

function firstLanguage(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept !== null && isLanguage(kept)) return kept;
  const spoken = navigator.languages.map((one) => one.slice(0, 2).toLowerCase());
  return spoken.find(isLanguage) ?? 'fr';
}

function isLanguage(code: string): code is Language {
  return code in DICTIONARIES;
}
