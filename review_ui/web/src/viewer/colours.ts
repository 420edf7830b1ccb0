/** The colours of lesion labels: none of the tiers' own. */
const COLOURS = ['#38d6ff', '#ff8ae2', '#b6ff6b', '#c5a3ff', '#ffd479'];

export const colourOf = (label: number): string => COLOURS[(label - 1) % COLOURS.length]!;

/** Red, green and blue, 0 to 255. */
export function channelsOf(label: number): [number, number, number] {
  const colour = colourOf(label);
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) as [number, number, number];
}
