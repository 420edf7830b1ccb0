/** What the participants of a case write to one another: the server's JSON, and the calls. */
import { get, post } from './http';
import type { Account } from './types';

export interface Message {
  id: string;
  author: string;
  role: Account['role'];
  site: string | null;
  mine: boolean;
  text: string;
  made_at: string;
  seen_by: string[];
}

export interface Thread {
  messages: Message[];
  unread: number;
  may_write: boolean;
}

export interface Unread {
  case: string;
  unread: number;
}

const of = (caseId: string): string => `/cases/${encodeURIComponent(caseId)}/messages`;

export const readThread = (caseId: string): Promise<Thread> => get(of(caseId));
export const writeMessage = (caseId: string, text: string, key: string): Promise<Thread> => post(of(caseId), { text, key });
export const markSeen = (caseId: string, message: string): Promise<Thread> => post(`${of(caseId)}/seen`, { message });
export const readUnread = (): Promise<Unread[]> => get('/messages/unread');
