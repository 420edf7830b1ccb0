import { beforeEach, expect, it, vi } from 'vitest';

const store = new Map<string, string>();
vi.stubGlobal('localStorage', { getItem: (key: string) => store.get(key) ?? null, setItem: (key: string, value: string) => store.set(key, value) });
const { isMeant, keyText, setLetters } = await import('./letters.svelte');

const press = (key: string, ...held: string[]): boolean => {
  const on = (name: string): boolean => held.includes(name);
  const event = { key, altKey: on('Alt'), ctrlKey: on('Control'), metaKey: on('Meta'), getModifierState: on };
  return isMeant(event as unknown as KeyboardEvent);
};

beforeEach(() => setLetters('plain'));

it('takes letters as they are at first, and never those of the browser', () => {
  expect([press('t'), press('t', 'Alt'), press('t', 'Control'), press('t', 'Meta')]).toEqual([true, false, false, false]);
  expect(press('[', 'AltGraph', 'Alt', 'Control')).toBe(true); // how some keyboards write it
});

it('takes them with Alt only, or not at all, when asked to', () => {
  setLetters('alt');
  expect([press('t'), press('t', 'Alt'), keyText('t')]).toEqual([false, true, 'Alt t']);
  setLetters('off');
  expect([press('t'), press('t', 'Alt'), press('?'), press('1'), keyText('t')]).toEqual([false, false, false, false, '']);
});

it('leaves the keys that are no letters to everybody', () => {
  setLetters('off');
  expect(['ArrowDown', 'Home', 'Enter', 'Escape', 'Delete'].every((key) => press(key))).toBe(true);
  expect(keyText('PgUp')).toBe('PgUp');
});
