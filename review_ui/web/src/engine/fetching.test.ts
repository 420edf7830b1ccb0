import { expect, it } from 'vitest';
import { framePart } from './fetching';

const HEAD = '--b1\r\nContent-Type: image/jphc; transfer-syntax=1.2.840.10008.1.2.4.202\r\nContent-Length: 5\r\n\r\n';
const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const answer = `${HEAD}ABCDE\r\n--b1--\r\n`;

it('finds the frame in an answer, and how it is coded', () => {
  const part = framePart({ body: bytes(answer), total: answer.length })!;
  expect([...part.bytes]).toEqual([...bytes('ABCDE')]);
  expect(part).toMatchObject({ transferSyntax: '1.2.840.10008.1.2.4.202', start: HEAD.length, length: 5 });
});

it('gives what has come of it, and nothing before its head has', () => {
  expect([...framePart({ body: bytes(`${HEAD}AB`), total: answer.length })!.bytes]).toEqual([...bytes('AB')]);
  expect(framePart({ body: bytes(HEAD.slice(0, 40)), total: answer.length })).toBeUndefined();
});

it('knows the end of a part that does not say its length', () => {
  const bare = answer.replace('\r\nContent-Length: 5', '');
  expect([...framePart({ body: bytes(bare), total: bare.length })!.bytes]).toEqual([...bytes('ABCDE')]);
});
