/** Where the reader is: the worklist, one case, or what is owed to other systems. Addresses hold our own ids only, never a patient's. */
export type Route = { page: 'worklist' } | { page: 'case'; id: string } | { page: 'deliveries' };

let current = $state.raw<Route>(parse(location.pathname));
window.addEventListener('popstate', () => (current = parse(location.pathname)));

export const route = (): Route => current;

export function go(to: Route): void {
  history.pushState(null, '', addressOf(to));
  current = to;
  window.scrollTo(0, 0);
}

export function addressOf(to: Route): string {
  if (to.page === 'deliveries') return '/deliveries';
  return to.page === 'case' ? `/cases/${encodeURIComponent(to.id)}` : '/';
}

/** For links: a plain click stays in the page, any other opens as the browser would. */
export function follow(event: MouseEvent, to: Route): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(to);
}

function parse(path: string): Route {
  if (/^\/deliveries\/?$/.test(path)) return { page: 'deliveries' };
  const found = /^\/cases\/([^/]+)\/?$/.exec(path);
  return found ? { page: 'case', id: decodeURIComponent(found[1]!) } : { page: 'worklist' };
}
