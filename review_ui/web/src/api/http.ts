/** One way to talk to the server: JSON in and out, errors as ApiError. */

import { taken } from './early';

const ROOT = '/api/v1';

export class ApiError extends Error {
  constructor(
    readonly status: number, // 0 when no answer came
    readonly code: string,
    message: string,
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

let signedOut: () => void = () => undefined;

/** Says what to do when the server no longer knows the session. */
export function onSignedOut(act: () => void): void {
  signedOut = act;
}

export function tellSignedOut(): void {
  signedOut();
}

export function address(path: string): string {
  return ROOT + path;
}

export async function get<T>(path: string): Promise<T> {
  return (await send('GET', path)).json() as Promise<T>;
}

export async function post<T>(path: string, body: unknown = {}): Promise<T> {
  const response = await send('POST', path, body);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export async function put<T>(path: string, body: unknown): Promise<T> {
  return (await send('PUT', path, body)).json() as Promise<T>;
}

export async function remove(path: string, body?: unknown): Promise<void> {
  await send('DELETE', path, body);
}

/** Sends a text that is no JSON, such as a calendar. */
export async function sendText<T>(path: string, type: string, text: string): Promise<T> {
  return (await send('POST', path, text, type)).json() as Promise<T>;
}

async function send(method: string, path: string, body?: unknown, type = 'application/json'): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET') headers['X-NeuroVigie'] = '1'; // no foreign page can set it
  const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' };
  if (body !== undefined) {
    headers['Content-Type'] = type;
    init.body = type === 'application/json' ? JSON.stringify(body) : String(body);
  }
  const response = await answer(address(path), init);
  if (!response.ok) throw await errorOf(response, path);
  return response;
}

async function answer(url: string, init: RequestInit): Promise<Response> {
  try {
    return await ((init.method === 'GET' && taken(url)) || fetch(url, init));
  } catch {
    throw new ApiError(0, 'unreachable', 'The server does not answer.');
  }
}

async function errorOf(response: Response, path: string): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  if (response.status === 401 && path !== '/session') signedOut();
  const code = typeof body['error'] === 'string' ? body['error'] : `http_${response.status}`;
  const message = typeof body['message'] === 'string' ? body['message'] : response.statusText;
  return new ApiError(response.status, code, message, body);
}
