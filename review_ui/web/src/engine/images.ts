/** The slices that somebody holds, what has come of each, and how the rest comes. */
import type { Picture } from '../decoding/decode';
import { type Format, formatOf, paletteOf } from '../decoding/format';
import { pool } from '../decoding/pool';
import { TAG, text } from '../dicom/dataset';
import type { Slice } from '../dicom/slices';
import { bytesWithout } from './codestream';
import { fetchPiece, framePart, type Piece } from './fetching';
import { drawCut, isCut } from './cuts';
import type { Part } from './order';

export interface Shown extends Picture {
  whole: boolean; // in its full resolution
}

const HTJ2K_RPCL = '1.2.840.10008.1.2.4.202';
const QUARTER = 2; // decompositions left out
const FIRST_HEAD = 13_200; // bytes that hold a quarter of a usual 512 x 512 CT slice; later ones go by what came
const MOST_BYTES = 1024 ** 3; // of pixels; the longest unseen go first beyond it

interface Coming {
  part: Part;
  wanted: number; // by how many
  stop: AbortController;
  end: Promise<void>;
}

interface Held {
  slice: Slice;
  holders: number;
  picture?: Shown | undefined;
  head?: Piece | undefined; // bytes that came of a slice whose rest has not
  coming?: Coming | undefined;
}

export interface Load {
  end: Promise<void>;
  leave: () => void; // who asked needs it no more; what nobody needs is not fetched on
}

type Listener = (imageId: string) => void;

class Images {
  private readonly known = new Map<string, Held>();
  private readonly seen = new Map<string, number>(); // imageId -> bytes of its picture, the longest unseen first
  private readonly listeners = new Set<Listener>();
  private headBytes = FIRST_HEAD;
  private bytes = 0;

  /** Tells of every picture that comes; the function it returns ends it. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Keeps slices until the function it returns was called, by everybody who holds them. */
  hold(slices: readonly Slice[]): () => void {
    for (const slice of slices) {
      const held = this.known.get(slice.imageId) ?? { slice, holders: 0 };
      held.holders += 1;
      this.known.set(slice.imageId, held);
    }
    let done = false;
    return () => {
      if (!done) slices.forEach(({ imageId }) => this.release(imageId));
      done = true;
    };
  }

  private release(imageId: string): void {
    const held = this.known.get(imageId);
    if (!held || (held.holders -= 1) > 0) return;
    held.coming?.stop.abort();
    this.known.delete(imageId);
    this.drop(imageId);
  }

  /** What there is of a slice now. */
  picture(imageId: string): Shown | undefined {
    if (isCut(imageId)) return drawCut(imageId);
    const bytes = this.seen.get(imageId);
    if (bytes !== undefined) {
      this.seen.delete(imageId);
      this.seen.set(imageId, bytes); // looked at last
    }
    return this.known.get(imageId)?.picture;
  }

  /** Whether a slice can come small first. */
  hasHead(imageId: string): boolean {
    const slice = this.known.get(imageId)?.slice;
    return slice !== undefined && text(slice.dataset, TAG.AvailableTransferSyntaxUID) === HTJ2K_RPCL;
  }

  has(imageId: string, part: Part): boolean {
    const { picture } = this.known.get(imageId) ?? {};
    return picture !== undefined && (part === 'head' || picture.whole);
  }

  /** Fetches a slice, or its head; several who want the same share it. */
  load(imageId: string, part: Part, urgent: boolean): Load {
    const held = this.known.get(imageId);
    if (!held) return { end: Promise.reject(new Error('nobody holds this slice')), leave: () => undefined };
    if (this.has(imageId, part)) return { end: Promise.resolve(), leave: () => undefined };
    const { coming } = held;
    if (coming && (coming.part === 'whole' || part === 'head')) return this.join(coming);
    const stop = new AbortController();
    const before = coming?.end.catch(() => undefined); // its bytes are not fetched twice
    const end = (before ?? Promise.resolve()).then(() => this.fetch(imageId, held, part, urgent, stop.signal));
    const made: Coming = { part, wanted: 0, stop, end };
    held.coming = made;
    const ended = (): void => void (held.coming === made && (held.coming = undefined));
    end.then(ended, ended);
    return this.join(made);
  }

  private join(coming: Coming): Load {
    coming.wanted += 1;
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      if ((coming.wanted -= 1) === 0) coming.stop.abort();
    };
    return { end: coming.end, leave };
  }

  private async fetch(imageId: string, held: Held, part: Part, urgent: boolean, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const format = await this.format(held.slice, signal);
    if (part === 'head') return this.fetchHead(imageId, held, format, signal);
    const { head } = held;
    const from = head?.body.length ?? 0;
    let early: Promise<void> | undefined;
    const small = urgent && from === 0 && !held.picture && this.hasHead(imageId);
    const onBytes = small ? (piece: Piece): void => void (early ??= this.early(imageId, held, format, piece)) : undefined;
    const piece = await fetchPiece(imageId, { from, urgent, signal, ...(onBytes && { onBytes }) });
    const body = from > 0 && piece.body.length === piece.total - from ? joined(head!.body, piece.body) : piece.body;
    held.head = undefined;
    await early?.catch(() => undefined);
    await this.show(imageId, held, format, { body, total: piece.total }, 0, urgent);
  }

  private async fetchHead(imageId: string, held: Held, format: Format, signal: AbortSignal): Promise<void> {
    const piece = await fetchPiece(imageId, { to: this.headBytes, urgent: false, signal });
    const whole = piece.body.length >= piece.total;
    if (!whole) held.head = piece;
    await this.show(imageId, held, format, piece, whole ? 0 : QUARTER, false);
  }

  /** Shows the head of a slice that is on its way; undefined while it has not come. */
  private early(imageId: string, held: Held, format: Format, piece: Piece): Promise<void> | undefined {
    const part = framePart(piece);
    const needed = part && bytesWithout(QUARTER, part.bytes);
    if (!part || !needed || part.bytes.length < needed || part.bytes.length > part.length / 2) return undefined;
    const body = piece.body.slice();
    return this.show(imageId, held, format, { body, total: piece.total }, QUARTER, true);
  }

  private async show(imageId: string, held: Held, format: Format, piece: Piece, levels: number, urgent: boolean): Promise<void> {
    const part = framePart(piece);
    if (!part) throw new Error('the answer has no frame');
    if (levels) this.learn(part.bytes, part.start);
    const whole = levels === 0;
    const picture = await pool.decode(part.bytes, part.transferSyntax, format, levels, urgent);
    if (this.known.get(imageId) !== held || (held.picture?.whole && !whole)) return;
    this.put(imageId, held, { ...picture, whole });
  }

  /** The heads of a series are much of one size: the next is asked for with a little to spare. */
  private learn(bytes: Uint8Array, start: number): void {
    const needed = bytesWithout(QUARTER, bytes);
    if (needed) this.headBytes = Math.max(1_000, Math.round((start + needed) * 1.06));
  }

  private async format(slice: Slice, signal: AbortSignal): Promise<Format> {
    const format = formatOf(slice.dataset);
    if (format.photometric !== 'PALETTE COLOR') return format;
    const read = async (address: string): Promise<Uint8Array> => {
      const piece = await fetchPiece(new URL(address, slice.imageId).href, { urgent: true, signal });
      return framePart(piece)?.bytes ?? piece.body;
    };
    return { ...format, palette: await paletteOf(slice.dataset, read) };
  }

  private put(imageId: string, held: Held, picture: Shown): void {
    this.drop(imageId);
    held.picture = picture;
    const size = (picture.values ?? picture.colours)!.byteLength;
    this.seen.set(imageId, size);
    this.bytes += size;
    for (const oldest of this.seen.keys()) {
      if (this.bytes <= MOST_BYTES || oldest === imageId) break;
      this.drop(oldest);
    }
    this.listeners.forEach((listener) => listener(imageId));
  }

  private drop(imageId: string): void {
    const held = this.known.get(imageId);
    if (held) held.picture = undefined;
    this.bytes -= this.seen.get(imageId) ?? 0;
    this.seen.delete(imageId);
  }

  /** How many slices are held, of how many there is a picture, be it a small one, and what the pixels take. */
  count(): { images: number; seen: number; whole: number; bytes: number } {
    const pictures = [...this.known.values()].flatMap(({ picture }) => picture ?? []);
    const whole = pictures.filter((picture) => picture.whole).length;
    return { images: this.known.size, seen: pictures.length, whole, bytes: this.bytes };
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

/** One for the whole page, as what was prepared outlives a case. */
export const images = new Images();
