/** Frames over DICOMweb (PS3.18 8.7): the first part of a multipart answer, whole or as far as its bytes have come. */
import { ApiError, tellSignedOut } from '../api/http';

const ACCEPT = 'multipart/related; type=application/octet-stream; transfer-syntax=*';

/** The bytes of an answer, from its beginning. */
export interface Piece {
  body: Uint8Array;
  total: number; // bytes of the whole answer
}

export interface FramePart {
  transferSyntax: string;
  bytes: Uint8Array; // of the frame, as far as they have come
  start: number; // of the frame in the answer
  length: number; // of the whole frame
}

interface Ask {
  from?: number;
  to?: number; // excluded; none: to the end
  urgent: boolean;
  signal: AbortSignal;
  onBytes?: (piece: Piece) => void; // as they come
}

export async function fetchPiece(address: string, { from = 0, to, urgent, signal, onBytes }: Ask): Promise<Piece> {
  const headers: Record<string, string> = { Accept: ACCEPT };
  const partly = from > 0 || to !== undefined;
  if (partly) headers['Range'] = `bytes=${from}-${to === undefined ? '' : to - 1}`;
  const response = await fetch(address, { headers, signal, priority: urgent ? 'high' : 'low' });
  if (response.status === 401) tellSignedOut();
  if (!response.ok) throw new ApiError(response.status, `http_${response.status}`, response.statusText);
  const total = totalOf(response);
  if (!onBytes || total === 0) {
    const body = new Uint8Array(await response.arrayBuffer());
    return { body, total: total || body.length };
  }
  return { body: await gathered(response, total, onBytes), total };
}

/** Of the whole answer, be it asked for in part; 0 when it is not said. */
function totalOf(response: Response): number {
  const ranged = /\/(\d+)$/.exec(response.headers.get('Content-Range') ?? '')?.[1];
  return Number(ranged ?? response.headers.get('Content-Length') ?? 0);
}

async function gathered(response: Response, total: number, onBytes: (piece: Piece) => void): Promise<Uint8Array> {
  const body = new Uint8Array(total);
  const reader = response.body!.getReader();
  let length = 0;
  for (let { done, value } = await reader.read(); !done && value; { done, value } = await reader.read()) {
    body.set(value, length);
    length += value.length;
    if (length < total) onBytes({ body: body.subarray(0, length), total });
  }
  if (length < total) throw new Error('the answer was cut off');
  return body;
}

const BLANK_LINE = '\r\n\r\n';
const LONGEST_HEAD = 2_000; // bytes before the frame

/** The frame in an answer; undefined while not even its head is there. */
export function framePart({ body, total }: Piece): FramePart | undefined {
  const text = String.fromCharCode(...body.subarray(0, LONGEST_HEAD));
  const blank = text.indexOf(BLANK_LINE);
  if (blank < 0) return undefined;
  const head = text.slice(0, blank);
  const boundary = /^(?:\r\n)?--([^\r\n]+)/.exec(head)?.[1] ?? '';
  const transferSyntax = /transfer-syntax="?([\d.]+)/i.exec(head)?.[1] ?? '1.2.840.10008.1.2.1';
  const start = blank + BLANK_LINE.length;
  const said = Number(/content-length:\s*(\d+)/i.exec(head)?.[1] ?? 0);
  const length = said || total - start - `\r\n--${boundary}--\r\n`.length;
  return { transferSyntax, start, length, bytes: body.subarray(start, start + length) };
}
