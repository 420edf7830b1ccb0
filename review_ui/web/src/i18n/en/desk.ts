/** Door, session, keys. */
export const desk = {
  'app.tagline': 'Stroke teleexpertise',
  'app.research': 'Research use only — not a medical device; a human signs.',
  'app.language': 'Language',
  'app.signout': 'Sign out',
  'app.places': 'Places',
  'app.skip': 'Go to the content',
  'app.loading': 'Loading…',
  'app.retry': 'Try again',
  'app.newcases': '{n} new',

  'lasted.seconds': '{n} s',
  'lasted.minutes': '{n} min',
  'lasted.hours': '{h} h {m}',
  'lasted.days': '{n} d',

  'signin.title': 'Sign in',
  'signin.name': 'Name',
  'signin.password': 'Password',
  'signin.go': 'Sign in',

  'password.title': 'Choose your own password',
  'password.why': 'The one you were given works only once.',
  'password.current': 'Current password',
  'password.new': 'New password',
  'password.again': 'New password, again',
  'password.hint': 'At least 12 characters. A sentence is a good one.',
  'password.differ': 'The two new passwords differ.',
  'password.go': 'Change the password',

  'error.unreachable': 'The server does not answer.',
  'error.wrong': 'Wrong name or password.',
  'error.many': 'Too many attempts. Wait a little and try again.',
  'error.weak': 'Choose a password of at least 12 characters, neither your name nor the one before.',
  'error.forbidden': 'Your account may not do this.',
  'error.notfound': 'This case does not exist, or is not yours to see.',
  'error.other': 'This could not be done: {message}',

  'live.on': 'Live',
  'live.connecting': 'Connecting…',
  'live.lost': 'Not live since {time}',
  'live.losthint': 'What you see may be out of date. Trying to connect again…',
} as const;
