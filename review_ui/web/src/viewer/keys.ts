/** The viewer's keys, in one table: what does what, and what the help shows. */
import type { Key } from '../i18n/en';
import type { Reading } from './reading.svelte';
import { AUTO_KEY, CT_WINDOWS, type WindowName } from './windows';

export const HELP: readonly { keys: string[]; says: Key }[] = [
  { keys: ['↑', '↓'], says: 'key.slices' },
  { keys: ['PgUp', 'PgDn'], says: 'key.jump' },
  { keys: ['Home', 'End'], says: 'key.ends' },
  { keys: ['1', '…', '5'], says: 'key.windows' },
  { keys: ['n', 'p'], says: 'key.lesions' },
  { keys: ['o'], says: 'key.overlay' },
  { keys: ['[', ']'], says: 'key.opacity' },
  { keys: ['j', 'k'], says: 'key.series' },
  { keys: ['+', '-'], says: 'key.zoom' },
  { keys: ['r'], says: 'key.reset' },
  { keys: ['t'], says: 'key.take' },
  { keys: ['?'], says: 'key.help' },
  { keys: ['Esc'], says: 'key.back' },
];

const ZOOM_STEP = 1.2;
const OPACITY_STEP = 0.1;

/** Acts on a key; true when it was one of the viewer's. */
export function actOnKey(event: KeyboardEvent, reading: Reading): boolean {
  const act = BY_KEY[event.key] ?? windowKey(event);
  act?.(reading);
  return act !== undefined;
}

type Act = (reading: Reading) => unknown;

const BY_KEY: Readonly<Record<string, Act>> = {
  ArrowUp: (reading) => reading.step(-1),
  ArrowLeft: (reading) => reading.step(-1),
  ArrowDown: (reading) => reading.step(1),
  ArrowRight: (reading) => reading.step(1),
  PageUp: (reading) => reading.step(-5),
  PageDown: (reading) => reading.step(5),
  Home: (reading) => reading.goTo(0),
  End: (reading) => reading.goTo(reading.slices.length - 1),
  n: (reading) => reading.jump(1),
  p: (reading) => reading.jump(-1),
  o: (reading) => reading.toggleOverlay(),
  '[': (reading) => reading.setLook(true, reading.opacity - OPACITY_STEP),
  ']': (reading) => reading.setLook(true, reading.opacity + OPACITY_STEP),
  r: (reading) => reading.reset(),
  '?': (reading) => (reading.help = !reading.help),
  '+': (reading) => reading.zoomBy(ZOOM_STEP),
  '=': (reading) => reading.zoomBy(ZOOM_STEP),
  '-': (reading) => reading.zoomBy(1 / ZOOM_STEP),
};

/** By the place of the key, as a French keyboard writes digits with shift only. */
function windowKey(event: KeyboardEvent): Act | undefined {
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
  const name: WindowName | undefined = digit === AUTO_KEY ? 'auto' : CT_WINDOWS.find(({ key }) => key === digit)?.name;
  return name && ((reading) => reading.useWindow(name));
}
