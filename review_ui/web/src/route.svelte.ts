/** Where the reader is. Addresses hold our own ids only, never a patient's. */
export type Route =
  | { page: 'worklist' }
  | { page: 'case'; id: string }
  | { page: 'request'; id?: string; of?: string } // to be changed, or new, about a case or before its images
  | { page: 'requests' }
  | { page: 'link'; id: string } // which images belong to a request
  | { page: 'calls' }
  | { page: 'notification'; token: string } // the opaque link in a message
  | { page: 'settings' }
  | { page: 'rota' }
  | { page: 'figures' }
  | { page: 'setup' }
  | { page: 'peers' }
  | { page: 'deliveries' };

/** Pages without an id in their address, which is their name. */
const PLAIN = ['requests', 'calls', 'rota', 'figures', 'setup', 'peers', 'deliveries', 'settings'] as const;

const PATTERNS: readonly (readonly [RegExp, (id: string) => Route])[] = [
  [/^\/cases\/([^/]+)\/?$/, (id) => ({ page: 'case', id })],
  [/^\/cases\/([^/]+)\/request\/?$/, (of) => ({ page: 'request', of })],
  [/^\/n\/([^/]+)\/?$/, (token) => ({ page: 'notification', token })],
  [/^\/requests\/new\/?$/, () => ({ page: 'request' })],
  [/^\/requests\/([^/]+)\/edit\/?$/, (id) => ({ page: 'request', id })],
  [/^\/requests\/([^/]+)\/link\/?$/, (id) => ({ page: 'link', id })],
];

let current = $state.raw<Route>(parse(location.pathname));
window.addEventListener('popstate', () => (current = parse(location.pathname)));

export const route = (): Route => current;

export function go(to: Route): void {
  history.pushState(null, '', addressOf(to));
  current = to;
  window.scrollTo(0, 0);
}

/** As `go`, but "back" does not lead here again. */
export function instead(to: Route): void {
  history.replaceState(null, '', addressOf(to));
  current = to;
}

export function addressOf(to: Route): string {
  switch (to.page) {
    case 'worklist':
      return '/';
    case 'case':
      return `/cases/${encodeURIComponent(to.id)}`;
    case 'request':
      if (to.id) return `/requests/${encodeURIComponent(to.id)}/edit`;
      return to.of ? `/cases/${encodeURIComponent(to.of)}/request` : '/requests/new';
    case 'link':
      return `/requests/${encodeURIComponent(to.id)}/link`;
    case 'notification':
      return `/n/${encodeURIComponent(to.token)}`;
    default:
      return `/${to.page}`;
  }
}

/** For links: a plain click stays in the page, any other opens as the browser would. */
export function follow(event: MouseEvent, to: Route): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(to);
}

function parse(path: string): Route {
  const plain = PLAIN.find((page) => path.replace(/\/$/, '') === `/${page}`);
  if (plain) return { page: plain };
  for (const [pattern, made] of PATTERNS) {
    const found = pattern.exec(path);
    if (found) return made(decodeURIComponent(found[1] ?? ''));
  }
  return { page: 'worklist' };
}
