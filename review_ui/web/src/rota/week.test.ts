import { describe, expect, it } from 'vitest';
import { daysOf, daysOn, inOrder, lines, mondayOf, placeIn, weekOf, weeksOn } from './week';

const monday = mondayOf(new Date(2026, 10, 22, 15)); // a Sunday
const at = (days: number, hour: number): string => new Date(2026, 10, 16 + days, hour).toISOString();
const span = (from: string, until: string) => ({ starts_at: from, ends_at: until });

describe('a week', () => {
  it('begins on Monday at midnight, and a Sunday still belongs to it', () => {
    expect([monday.getDay(), monday.getHours(), monday.getDate()]).toEqual([1, 0, 16]);
    expect(mondayOf(monday).getTime()).toBe(monday.getTime());
    expect(daysOf(monday).map((day) => day.getDate())).toEqual([16, 17, 18, 19, 20, 21, 22]);
  });

  it('keeps the local hour over the change of summer time', () => {
    const before = new Date(2026, 9, 20, 18, 30); // summer time ends on 25 October 2026 in Europe
    const after = new Date(weeksOn(span(before.toISOString(), before.toISOString()), 1).starts_at);
    expect([after.getDate(), after.getHours(), after.getMinutes()]).toEqual([27, 18, 30]);
    expect(daysOn(before, 7).getHours()).toBe(18);
  });
});

describe('a duty', () => {
  const week = weekOf(monday);

  it('lies where its hours are, cut at the ends of the week', () => {
    expect(placeIn(week, span(at(0, 0), at(7, 0)))).toEqual({ left: 0, width: 1 });
    const night = placeIn(week, span(at(1, 0), at(2, 0)))!;
    expect(night.left).toBeCloseTo(1 / 7);
    expect(night.width).toBeCloseTo(1 / 7);
    expect(placeIn(week, span(at(-3, 0), at(1, 0)))!.left).toBe(0);
    expect(placeIn(week, span(at(7, 0), at(8, 0)))).toBeUndefined();
  });

  it('shares a line with those that end before it begins, and with no other', () => {
    const [night, day, both] = [span(at(0, 18), at(1, 8)), span(at(1, 8), at(1, 18)), span(at(0, 20), at(1, 20))];
    expect(lines([day, night])).toEqual([[night, day]]);
    expect(lines([day, both, night])).toEqual([[night, day], [both]]);
  });

  it('ends after it starts', () => {
    expect(inOrder(span(at(0, 8), at(0, 9)))).toBe(true);
    expect(inOrder(span(at(0, 8), at(0, 8)))).toBe(false);
    expect(inOrder(span('', ''))).toBe(false);
  });
});
