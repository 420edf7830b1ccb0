/**
 * A drawing of the ten regions of ASPECTS (Barber 2000) on two axial levels, one hemisphere each, drawn for this page:
 * an outline after nobody's figure, made of a few curves. Coordinates are those of a 100 x 130 box in which the
 * hemisphere lies on the image's right, which is the patient's left.
 */
import type { Region } from '../api/opinion';

export interface Drawn {
  region: Region;
  path: string;
  label: readonly [x: number, y: number];
}

export const HEAD = 'M4 10 C40 2 92 26 94 68 C95 102 60 126 4 124 Z';

/** The deep regions are drawn larger than they are, so that a finger finds them. */
export const LOWER: readonly Drawn[] = [
  { region: 'M1', path: 'M4 10 C28 5 58 14 76 33 L60 40 L46 44 L34 46 C32 38 22 34 10 36 L4 36 Z', label: [38, 24] },
  { region: 'M2', path: 'M76 33 C90 46 96 62 93 84 L72 82 C76 66 72 50 60 40 Z', label: [83, 62] },
  {
    region: 'M3',
    path: 'M93 84 C88 106 54 126 4 124 L4 98 L24 92 C32 90 36 84 36 80 C46 86 56 84 58 78 L72 82 Z',
    label: [54, 105],
  },
  { region: 'I', path: 'M46 44 L60 40 C72 50 76 66 72 82 L58 78 C60 64 57 51 46 44 Z', label: [66, 61] },
  { region: 'L', path: 'M46 44 C57 51 60 64 58 78 C56 84 46 86 36 80 L36 70 C38 60 42 52 46 44 Z', label: [48, 67] },
  {
    region: 'IC',
    path: 'M34 46 L46 44 C42 52 38 60 36 70 L36 80 C36 84 32 90 24 92 L18 84 C24 78 22 68 20 60 C28 60 34 54 34 46 Z',
    label: [30, 72],
  },
  { region: 'C', path: 'M10 36 C22 34 32 38 34 46 C34 54 28 60 20 60 C12 58 8 46 10 36 Z', label: [21, 47] },
];

export const UPPER: readonly Drawn[] = [
  { region: 'M4', path: 'M4 10 C28 5 58 14 76 33 L30 56 C24 50 14 46 4 46 Z', label: [36, 31] },
  { region: 'M5', path: 'M76 33 C90 46 96 62 93 80 L36 76 C38 68 35 61 30 56 Z', label: [66, 62] },
  { region: 'M6', path: 'M93 80 C88 104 54 126 4 124 L4 88 C20 88 32 84 36 76 Z', label: [50, 101] },
];
