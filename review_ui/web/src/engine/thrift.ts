/** Whether the reader has asked for as few bytes as will do, kept in this browser. */
const KEPT = 'neurovigie.thrift';

export const isThrifty = (): boolean => kept() === 'on';

export function setThrifty(wanted: boolean): void {
  try {
    localStorage.setItem(KEPT, wanted ? 'on' : 'off');
  } catch {
    // A browser that keeps nothing loads everything.
  }
}

function kept(): string | null {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}
