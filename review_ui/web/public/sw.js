/* The desk's service worker: it wakes a person and opens the case. It keeps nothing: no page, no answer, no patient. */

const API = { 'Content-Type': 'application/json', 'X-NeuroVigie': '1' };

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

/** What is said comes whole from the server: a tier and a site, and an opaque token. */
self.addEventListener('push', (event) => {
  const said = event.data ? event.data.json() : {};
  const calls = said.kind === 'call' || said.kind === 'coordinate' || said.kind === 'raised';
  event.waitUntil(
    self.registration.showNotification(said.text || 'NeuroVigie', {
      tag: said.token,
      data: { path: said.token ? `/n/${encodeURIComponent(said.token)}` : '/' },
      icon: '/icon-192.png',
      badge: '/icon-192.png',
      requireInteraction: calls,
      silent: !calls,
      ...(calls ? { vibrate: [300, 150, 300, 150, 600] } : {}),
    }),
  );
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.path));
});

async function open(path) {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  for (const window of windows) {
    try {
      await window.focus();
      await window.navigate(path);
      return;
    } catch {
      // not ours to steer, or closing: another one, or a new one
    }
  }
  await self.clients.openWindow(path);
}

/** The browser's maker changed the address: tell the desk, or the next call would not arrive. */
self.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(renew(event.oldSubscription));
});

async function renew(old) {
  if (!old) return;
  const made = await self.registration.pushManager.subscribe(old.options);
  const { endpoint, keys } = made.toJSON();
  await fetch('/api/v1/push/subscriptions', { method: 'POST', headers: API, body: JSON.stringify({ endpoint, keys }) });
  await fetch('/api/v1/push/subscriptions', { method: 'DELETE', headers: API, body: JSON.stringify({ endpoint: old.endpoint }) });
}
