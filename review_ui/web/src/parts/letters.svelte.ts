/** Keys of a single letter, digit or sign: as they are, only with Alt, or none of them (WCAG 2.1.4). */
const KEPT = 'neurovigie.letters';

export const LETTERS = ['plain', 'alt', 'off'] as const;
export type Letters = (typeof LETTERS)[number];

let chosen = $state<Letters>(kept());

export const letters = (): Letters => chosen;

export function setLetters(wanted: Letters): void {
  chosen = wanted;
  localStorage.setItem(KEPT, wanted);
}

/** Whether a key may act as a shortcut; arrows, Enter, Escape and their like always may. */
export function isMeant(event: KeyboardEvent): boolean {
  const third = event.getModifierState('AltGraph'); // Ctrl and Alt at once on some keyboards, to write a sign
  if (event.metaKey || (event.ctrlKey && !third)) return false;
  const alt = event.altKey && !third;
  if ([...event.key].length > 1) return !alt;
  return chosen !== 'off' && alt === (chosen === 'alt');
}

/** A key as it is to be pressed, for who reads about it; empty when it does nothing. */
export function keyText(key: string): string {
  if ([...key].length > 1 || '↑↓…'.includes(key)) return key;
  return { plain: key, alt: `Alt ${key}`, off: '' }[chosen];
}

function kept(): Letters {
  const found = localStorage.getItem(KEPT);
  return LETTERS.find((one) => one === found) ?? 'plain';
}
