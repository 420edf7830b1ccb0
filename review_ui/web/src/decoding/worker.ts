/** Decodes frames beside the page. */
import { start } from './codecs';
import { decode, type Picture } from './decode';
import type { Format } from './format';

export interface Task {
  id: number;
  bytes?: Uint8Array; // none: only get ready
  transferSyntax: string;
  format: Format;
  levels: number;
}

export interface Done {
  id: number;
  picture?: Picture;
  error?: string;
}

const page = self as unknown as Worker;

self.addEventListener('message', ({ data }: MessageEvent<Task>) => void answer(data));

async function answer({ id, bytes, transferSyntax, format, levels }: Task): Promise<void> {
  try {
    if (!bytes) return void (await start());
    const picture = await decode(bytes, transferSyntax, format, levels);
    const pixels = picture.values ?? picture.colours!;
    page.postMessage({ id, picture } satisfies Done, [pixels.buffer]);
  } catch (error) {
    page.postMessage({ id, error: String(error) } satisfies Done);
  }
}
