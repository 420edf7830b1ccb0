/** Questions asked before the page's code was there, whose answers are taken up once. */
const asked = new Map<string, Promise<Response>>();

export function ask(url: string): void {
  const answer = fetch(url, { headers: { Accept: 'application/json' }, credentials: 'same-origin', cache: 'no-store' });
  answer.catch(() => asked.delete(url)); // who needs it asks again
  asked.set(url, answer);
}

/** The answer to what was asked early, for the first who wants it. */
export function taken(url: string): Promise<Response> | undefined {
  const answer = asked.get(url);
  asked.delete(url);
  return answer;
}
