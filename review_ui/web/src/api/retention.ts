/** How long images are kept. */
import { get } from './http';

export interface RetentionRule {
  id: string;
  kind: 'close' | 'age' | 'size' | 'disk';
  days: number;
  site: string | null;
  most: number; // bytes for "size", a share for "disk"
  unasked: boolean;
  scope: 'images' | 'record';
}
export interface Retention {
  rules: RetentionRule[];
  cases: number;
  size: number;
  held: Record<string, number>;
  deleted_images: number;
  deleted_size: number;
  leaving_size: number;
}
export const readRetention = (): Promise<Retention> => get('/retention');
