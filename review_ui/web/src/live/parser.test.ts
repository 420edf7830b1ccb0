import { describe, expect, it } from 'vitest';
import { EventParser } from './parser';

describe('EventParser', () => {
  it('reads a message cut anywhere', () => {
    const text = 'event: case\nid: 7\ndata: {"a":\ndata: 1}\n\n';
    for (let cut = 0; cut <= text.length; cut++) {
      const parser = new EventParser();
      const messages = [...parser.feed(text.slice(0, cut)), ...parser.feed(text.slice(cut))];
      expect(messages).toEqual([{ event: 'case', id: '7', data: '{"a":\n1}' }]);
    }
  });

  it('gives nothing for a keep-alive comment', () => {
    expect(new EventParser().feed(': keep-alive\n\n')).toEqual([]);
  });

  it('keeps the last id for messages without one', () => {
    const messages = new EventParser().feed('id: 3\r\ndata: a\r\n\r\ndata: b\r\n\r\n');
    expect(messages.map((message) => message.id)).toEqual(['3', '3']);
  });
});
