/** Which slice comes next, over all panes: what the reader may look at first comes first. */

export interface Lane {
  imageIds: readonly string[];
  around: () => number; // the slice wanted on screen
  rank: () => number; // 0: the pane being read; 1: another pane; 2: nobody looks at it yet
  left: Set<string>;
}

const NEAR = 8; // slices to either side of the one on screen, a flick of the wheel

/** The lane and slice to load now: near ones of the pane being read, near ones of the others, then the rest. */
export function nextToLoad<T extends Lane>(lanes: readonly T[]): { lane: T; imageId: string } | undefined {
  const turns = [
    { rank: 0, within: NEAR },
    { rank: 1, within: NEAR },
    { rank: 0, within: Infinity },
    { rank: 1, within: Infinity },
    { rank: 2, within: Infinity },
  ];
  for (const { rank, within } of turns) {
    for (const lane of lanes) {
      const imageId = lane.rank() === rank ? nearest(lane, within) : undefined;
      if (imageId !== undefined) return { lane, imageId };
    }
  }
  return undefined;
}

function nearest({ imageIds, left, around }: Lane, within: number): string | undefined {
  if (left.size === 0) return undefined;
  const index = around();
  for (let away = 0; away < imageIds.length && away <= within; away++) {
    for (const candidate of [imageIds[index + away], imageIds[index - away]]) {
      if (candidate !== undefined && left.has(candidate)) return candidate;
    }
  }
  return undefined;
}
