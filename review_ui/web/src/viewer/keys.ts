/** The viewer's keys, in one table: what does what, and what the help shows. */
import type { Key } from '../i18n/en';
import type { Board } from './board.svelte';
import { LAYOUTS } from './layouts';
import type { View } from './around';
import { AUTO_KEY, CT_WINDOWS, type WindowName } from './windows';

export const HELP: readonly { keys: string[]; says: Key }[] = [
  { keys: ['↑', '↓'], says: 'key.slices' },
  { keys: ['PgUp', 'PgDn'], says: 'key.jump' },
  { keys: ['Home', 'End'], says: 'key.ends' },
  { keys: ['1', '…', '6'], says: 'key.windows' },
  { keys: ['n', 'p'], says: 'key.lesions' },
  { keys: ['o'], says: 'key.overlay' },
  { keys: ['[', ']'], says: 'key.opacity' },
  { keys: ['j', 'k'], says: 'key.series' },
  { keys: [',', ';'], says: 'key.panes' },
  { keys: ['g', 'f'], says: 'key.layout' },
  { keys: ['l'], says: 'key.linked' },
  { keys: ['x'], says: 'key.point' },
  { keys: ['d', 'a', 'e'], says: 'key.measure' },
  { keys: ['Del'], says: 'key.remove' },
  { keys: ['m', 's'], says: 'key.planes' },
  { keys: ['c'], says: 'key.cine' },
  { keys: ['w'], says: 'key.contrast' },
  { keys: ['+', '-'], says: 'key.zoom' },
  { keys: ['r'], says: 'key.reset' },
  { keys: ['t'], says: 'key.take' },
  { keys: ['?'], says: 'key.help' },
  { keys: ['Esc'], says: 'key.back' },
];

const ZOOM_STEP = 1.2;
const OPACITY_STEP = 0.1;
const VIEWS: readonly View[] = ['acquired', 'axial', 'coronal', 'sagittal'];
export const SLABS_MM: readonly number[] = [0, 5, 10, 20, 30];

/** Acts on a key; true when it was one of the viewer's. */
export function actOnKey(event: KeyboardEvent, board: Board): boolean {
  const act = BY_KEY[event.key] ?? windowKey(event);
  act?.(board);
  return act !== undefined;
}

type Act = (board: Board) => unknown;

const BY_KEY: Readonly<Record<string, Act>> = {
  ArrowUp: (board) => board.step(-1),
  ArrowLeft: (board) => board.step(-1),
  ArrowDown: (board) => board.step(1),
  ArrowRight: (board) => board.step(1),
  PageUp: (board) => board.step(-5),
  PageDown: (board) => board.step(5),
  Home: (board) => board.step(-Infinity),
  End: (board) => board.step(Infinity),
  j: (board) => board.moveSeries(1),
  k: (board) => board.moveSeries(-1),
  ',': (board) => board.selectNext(-1),
  ';': (board) => board.selectNext(1),
  '.': (board) => board.selectNext(1),
  g: (board) => board.useLayout(following(LAYOUTS.map(({ name }) => name), board.layout.name)),
  f: (board) => (board.alone = !board.alone && board.panes.length > 1),
  l: (board) => board.toggleLinked(),
  x: (board) => board.useTool('point'),
  d: (board) => board.useTool('length'),
  a: (board) => board.useTool('angle'),
  e: (board) => board.useTool('ellipse'),
  w: (board) => board.useTool('window'),
  Delete: (board) => board.measuring.removeOne(board.active?.slice),
  Backspace: (board) => board.measuring.removeOne(board.active?.slice),
  m: (board) => board.active?.useView(following(VIEWS, board.active.view), board.active.slab_mm),
  s: (board) => board.active && board.active.view !== 'acquired' && board.active.useView(board.active.view, following(SLABS_MM, board.active.slab_mm)),
  c: (board) => board.cine.toggle(),
  n: (board) => board.active?.jump(1),
  p: (board) => board.active?.jump(-1),
  o: (board) => board.setLook({ shown: !board.look.shown }),
  '[': (board) => board.setOpacity(board.look.opacity - OPACITY_STEP),
  ']': (board) => board.setOpacity(board.look.opacity + OPACITY_STEP),
  r: (board) => board.active?.reset(),
  '?': (board) => (board.help = !board.help),
  '+': (board) => board.active?.zoomBy(ZOOM_STEP),
  '=': (board) => board.active?.zoomBy(ZOOM_STEP),
  '-': (board) => board.active?.zoomBy(1 / ZOOM_STEP),
}; // prettier-ignore

function following<T>(all: readonly T[], one: T): T {
  return all[(all.indexOf(one) + 1) % all.length]!;
}

/** By the place of the key, as a French keyboard writes digits with shift only. */
function windowKey(event: KeyboardEvent): Act | undefined {
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
  const name: WindowName | undefined = digit === AUTO_KEY ? 'auto' : CT_WINDOWS.find(({ key }) => key === digit)?.name;
  return name && ((board) => board.active?.contrast.use(name));
}
