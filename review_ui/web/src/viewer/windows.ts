/** Display windows. A window of width W at level L shows L - W/2 to L + W/2 (LINEAR_EXACT, PS3.3 C.11.2.1.3.2). */

export interface Range {
  lower: number;
  upper: number;
}

export const CT_WINDOWS = [
  { name: 'brain', width: 80, level: 40, key: '1' },
  { name: 'stroke', width: 40, level: 40, key: '2' },
  { name: 'bone', width: 2800, level: 600, key: '3' },
  { name: 'subdural', width: 215, level: 75, key: '4' },
  { name: 'vessels', width: 600, level: 200, key: '6' },
] as const;

export type WindowName = (typeof CT_WINDOWS)[number]['name'] | 'auto';

export const AUTO_KEY = '5';

export function rangeOf(width: number, level: number): Range {
  return { lower: level - width / 2, upper: level + width / 2 };
}

export function widthAndLevel({ lower, upper }: Range): { width: number; level: number } {
  return { width: upper - lower, level: (upper + lower) / 2 };
}

/** The window a series opens with: brain for a non-contrast head CT, vessels for an angiography, else the series' own. */
export function firstWindow(role: string): WindowName {
  if (role === 'cta') return 'vessels';
  return role === 'ncct' ? 'brain' : 'auto';
}

export function namedRange(name: WindowName): Range | undefined {
  const window = CT_WINDOWS.find((known) => known.name === name);
  return window && rangeOf(window.width, window.level);
}

/** The name of a range, if it is one of the named windows. */
export function nameOf(range: Range): WindowName | undefined {
  return CT_WINDOWS.find(({ width, level }) => {
    const known = rangeOf(width, level);
    return Math.abs(known.lower - range.lower) < 0.5 && Math.abs(known.upper - range.upper) < 0.5;
  })?.name;
}

/** A range that holds the values of an image but for the darkest 1 % and the brightest 0.5 %. */
export function rangeFromValues(values: ArrayLike<number>): Range {
  const step = Math.max(1, Math.floor(values.length / 20_000));
  const sample: number[] = [];
  for (let i = 0; i < values.length; i += step) sample.push(values[i]!);
  sample.sort((a, b) => a - b);
  const at = (fraction: number): number => sample[Math.round(fraction * (sample.length - 1))] ?? 0;
  const [lower, upper] = [at(0.01), at(0.995)];
  return upper > lower ? { lower, upper } : { lower, upper: lower + 1 };
}
