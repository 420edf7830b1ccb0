/** The fifteen items of the NIH Stroke Scale, by their number on the form, with their highest score (NINDS). */
export const NIHSS_ITEMS = [
  { code: '1a', most: 3 },
  { code: '1b', most: 2 },
  { code: '1c', most: 2 },
  { code: '2', most: 2 },
  { code: '3', most: 3 },
  { code: '4', most: 3 },
  { code: '5a', most: 4 },
  { code: '5b', most: 4 },
  { code: '6a', most: 4 },
  { code: '6b', most: 4 },
  { code: '7', most: 2 },
  { code: '8', most: 2 },
  { code: '9', most: 3 },
  { code: '10', most: 2 },
  { code: '11', most: 2 },
] as const;

export type NihssCode = (typeof NIHSS_ITEMS)[number]['code'];

export const NIHSS_MOST = 42;
