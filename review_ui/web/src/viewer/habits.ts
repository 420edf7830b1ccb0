/** How each reader likes series hung, kept in the browser: roles and layouts only, nothing of a patient. */
import type { Habit } from './layouts';

const key = (account: string, kind: string): string => `neurovigie.hanging.${account}.${kind}`;

export function habitOf(account: string, kind: 'CT' | 'MR'): Habit | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(key(account, kind)) ?? 'null') as Partial<Habit> | null;
    const sound = typeof kept?.layout === 'string' && Array.isArray(kept.roles);
    return sound ? { layout: kept.layout!, roles: kept.roles!.map(String) } : undefined;
  } catch {
    return undefined; // a browser that keeps nothing, or what we never wrote
  }
}

export function keepHabit(account: string, kind: 'CT' | 'MR', habit: Habit | undefined): void {
  try {
    if (habit) localStorage.setItem(key(account, kind), JSON.stringify(habit));
    else localStorage.removeItem(key(account, kind));
  } catch {
    // A browser that keeps nothing hangs by role each time.
  }
}
