/** What dragging over an image does. */
export type Drag = 'scroll' | 'window' | 'pan' | 'zoom';
export const DRAGS: readonly Drag[] = ['window', 'scroll', 'pan', 'zoom'];

/** A finger scrolls through the slices; a mouse has a wheel for that and changes the contrast. */
export const firstDrag = (): Drag => (window.matchMedia('(pointer: coarse)').matches ? 'scroll' : 'window');
