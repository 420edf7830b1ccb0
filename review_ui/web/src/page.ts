/** The page itself, and the case that its address names. */
import { mount } from 'svelte';
import App from './App.svelte';
import { route } from './route.svelte';
import { lastAccount } from './session.svelte';
import { ahead } from './viewer/ahead';

export function show(target: HTMLElement): void {
  const here = route();
  if (here.page === 'case') void ahead.prepare(here.id, lastAccount(), 'now');
  mount(App, { target });
}
