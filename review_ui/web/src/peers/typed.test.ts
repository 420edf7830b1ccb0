import { describe, expect, it } from 'vitest';
import { entries, sizeText } from './typed';

describe('bytes', () => {
  it('are shown in the unit a person would choose', () => {
    expect([0, 1023, 1536, 200 * 2 ** 20, 3 * 2 ** 30].map(sizeText)).toEqual(['0 B', '1023 B', '1.5 KiB', '200 MiB', '3.0 GiB']);
  });
});

describe('what is typed in several lines', () => {
  it('is one entry a line or between commas, without empty ones', () => {
    expect(entries(' 10.1.0.0/16,\n\n10.2.0.0/16 ;')).toEqual(['10.1.0.0/16', '10.2.0.0/16']);
    expect(entries('  ')).toEqual([]);
  });
});
