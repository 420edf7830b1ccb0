import { describe, expect, it } from 'vitest';
import { directionLetters, edgeLetters, normalOf, planeOf } from './geometry';

const plane = (orientation: number[]) => planeOf(orientation, [0, 0, 0])!;

describe('edgeLetters', () => {
  it('shows an axial head from below, the patient’s right on the left', () => {
    expect(edgeLetters(plane([1, 0, 0, 0, 1, 0]))).toEqual({ left: 'R', right: 'L', top: 'A', bottom: 'P' });
  });

  it('follows a mirrored image', () => {
    expect(edgeLetters(plane([-1, 0, 0, 0, 1, 0]))).toEqual({ left: 'L', right: 'R', top: 'A', bottom: 'P' });
  });

  it('names a sagittal and a coronal image', () => {
    expect(edgeLetters(plane([0, 1, 0, 0, 0, -1]))).toEqual({ left: 'A', right: 'P', top: 'H', bottom: 'F' });
    expect(edgeLetters(plane([1, 0, 0, 0, 0, -1]))).toEqual({ left: 'R', right: 'L', top: 'H', bottom: 'F' });
  });

  it('adds a second letter on a tilt of 20 degrees, not on one of 5', () => {
    const tilted = (degrees: number) => {
      const angle = (degrees * Math.PI) / 180;
      return edgeLetters(plane([1, 0, 0, 0, Math.cos(angle), -Math.sin(angle)])).bottom;
    };
    expect(tilted(20)).toBe('PF');
    expect(tilted(5)).toBe('P');
  });
});

it('does not guess when the orientation is missing or broken', () => {
  expect(planeOf([], [0, 0, 0])).toBeUndefined();
  expect(planeOf([1, 0, 0, 1, 0, 0], [0, 0, 0])).toBeUndefined();
  expect(planeOf([1, 0, 0, 0, Number.NaN, 0], [0, 0, 0])).toBeUndefined();
});

it('has the normal of an axial image point to the head', () => {
  expect(directionLetters(normalOf(plane([1, 0, 0, 0, 1, 0])))).toBe('H');
});
