/** Other viewers, and the hospital's archive of earlier studies. */
export const elsewhere = {
  'elsewhere.title': 'Elsewhere',
  'elsewhere.open': 'Open in {viewer}',
  'elsewhere.look': 'Look for earlier studies',
  'elsewhere.notyet': 'The hospital’s archive has not been asked for earlier studies.',
  'elsewhere.looking': 'Earlier studies are being fetched from the hospital’s archive…',
  'elsewhere.again': 'The hospital’s archive does not answer; it is asked again.',
  'elsewhere.givenup': 'The hospital’s archive did not answer; earlier studies may be missing.',
  'elsewhere.nothing': 'The hospital’s archive has no earlier study of this head that is not here.',
  'elsewhere.fetched.one': '{n} earlier study fetched.',
  'elsewhere.fetched.other': '{n} earlier studies fetched.',
  'elsewhere.onlytocompare': 'Not analysed: an earlier study, fetched to compare with',
  'event.opened_elsewhere': 'Opened in another viewer',
  'event.priors_fetched': 'Earlier studies fetched',
} as const;
