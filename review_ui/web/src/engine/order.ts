/** Which slice comes next, over all panes: what the reader may look at first comes first. */

export type Part = 'head' | 'whole'; // the head of a slice is a quarter of its resolution

export interface Lane {
  imageIds: readonly string[];
  around: () => number; // the slice wanted on screen
  rank: () => number; // 0: the pane being read; 1: another pane; 2: nobody looks at it yet
  needsAll?: boolean; // every slice whole, however slow the line
  left: Record<Part, Set<string>>;
}

/** `thrifty`: somebody pays for every byte, or shares the line with a scanner. */
export type Pace = 'fast' | 'slow' | 'thrifty';

interface Turn {
  rank: number;
  part: Part;
  within: number; // slices to either side of the one on screen
}

const NEAR = 8; // a flick of the wheel
const WHOLE = { part: 'whole', within: Infinity } as const;
const HEAD = { part: 'head', within: Infinity } as const;

/** On a fast line near slices of the pane being read, near ones of the others, then the rest. */
const FAST: readonly Turn[] = [
  { rank: 0, part: 'whole', within: NEAR },
  { rank: 1, part: 'whole', within: NEAR },
  { rank: 0, ...WHOLE },
  { rank: 1, ...WHOLE },
  { rank: 2, ...WHOLE },
];

/** On a slow one all slices come small first, so that scrolling shows the head everywhere within seconds. */
const SLOW: readonly Turn[] = [
  { rank: 0, part: 'whole', within: 0 },
  { rank: 0, ...HEAD },
  { rank: 1, part: 'whole', within: 0 },
  { rank: 1, ...HEAD },
  ...FAST,
];

/** Where bytes are dear, whole ones only on screen; the rest stays small until it is looked at. */
const THRIFTY: readonly Turn[] = [
  { rank: 0, part: 'whole', within: 0 },
  { rank: 0, ...HEAD },
  { rank: 1, part: 'whole', within: 0 },
  { rank: 1, ...HEAD },
];

export interface Next<T extends Lane> {
  lane: T;
  imageId: string;
  part: Part;
}

export function nextToLoad<T extends Lane>(lanes: readonly T[], pace: Pace): Next<T> | undefined {
  if (pace !== 'thrifty') return first(lanes, pace === 'slow' ? SLOW : FAST);
  return first(lanes, THRIFTY) ?? first(lanes.filter(({ needsAll }) => needsAll), FAST); // prettier-ignore
}

function first<T extends Lane>(lanes: readonly T[], turns: readonly Turn[]): Next<T> | undefined {
  for (const { rank, part, within } of turns) {
    for (const lane of lanes) {
      const imageId = lane.rank() === rank ? nearest(lane, part, within) : undefined;
      if (imageId !== undefined) return { lane, imageId, part };
    }
  }
  return undefined;
}

function nearest({ imageIds, left, around }: Lane, part: Part, within: number): string | undefined {
  if (left[part].size === 0) return undefined;
  const index = around();
  for (let away = 0; away < imageIds.length && away <= within; away++) {
    for (const candidate of [imageIds[index + away], imageIds[index - away]]) {
      if (candidate !== undefined && left[part].has(candidate)) return candidate;
    }
  }
  return undefined;
}
