/** Whether this browser is woken when one is called: its service worker and its subscription. */
import { addSubscription, readPush, removeSubscription } from '../api/push';

export type Waking = 'unsupported' | 'off_here' | 'refused' | 'asleep' | 'awake';

/** Lets the desk be installed, and be woken later on; a browser that cannot stays as it is. */
export async function registerWorker(): Promise<ServiceWorkerRegistration | undefined> {
  if (!('serviceWorker' in navigator)) return undefined;
  return navigator.serviceWorker.register('/sw.js').catch(() => undefined); // such as in a private window
}

async function subscription(): Promise<PushSubscription | null> {
  const worker = await navigator.serviceWorker?.getRegistration('/');
  return (await worker?.pushManager?.getSubscription()) ?? null;
}

export async function waking(): Promise<Waking> {
  if (!('serviceWorker' in navigator) || !('PushManager' in window) || !('Notification' in window)) return 'unsupported';
  if (!(await readPush()).active) return 'off_here';
  if (Notification.permission === 'denied') return 'refused';
  return (await subscription()) ? 'awake' : 'asleep';
}

/** Asks the person, the browser's maker and the desk, in this order. */
export async function wakeHere(): Promise<Waking> {
  const { application_server_key: key } = await readPush();
  if (!key) return 'off_here';
  if ((await Notification.requestPermission()) !== 'granted') return 'refused';
  const worker = await registerWorker();
  if (!worker) return 'unsupported';
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  try {
    await addSubscription(made.toJSON());
  } catch (error) {
    await made.unsubscribe(); // never woken by a desk that does not know of it
    throw error;
  }
  return 'awake';
}

export async function sleepHere(): Promise<Waking> {
  const known = await subscription();
  if (known) {
    await removeSubscription(known.endpoint);
    await known.unsubscribe();
  }
  return 'asleep';
}
