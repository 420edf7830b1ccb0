/** Waking this browser, and opening what a notification was about. */
import { get, post, remove } from './http';

export interface PushSettings {
  active: boolean;
  application_server_key: string | null;
}

export const readPush = (): Promise<PushSettings> => get('/push');
export const addSubscription = (subscription: PushSubscriptionJSON): Promise<void> =>
  post('/push/subscriptions', { endpoint: subscription.endpoint, keys: subscription.keys });
export const removeSubscription = (endpoint: string): Promise<void> => remove('/push/subscriptions', { endpoint });
export const openNotification = (token: string): Promise<{ case: string }> =>
  post(`/notifications/${encodeURIComponent(token)}/open`);
