/** What dragging over an image does. */
import { MEASURE_KINDS, type MeasureKind } from '../dicom/measure';

export type Drag = 'scroll' | 'window' | 'pan' | 'zoom';
export const DRAGS: readonly Drag[] = ['window', 'scroll', 'pan', 'zoom'];

/** Also what a drag of ours does: pointing at a place in all panes, or measuring. */
export type Tool = Drag | 'point' | MeasureKind;
export const TOOLS: readonly Tool[] = [...DRAGS, 'point', ...MEASURE_KINDS];

export const isDrag = (tool: Tool): tool is Drag => (DRAGS as readonly Tool[]).includes(tool);
export const isMeasure = (tool: Tool): tool is MeasureKind => (MEASURE_KINDS as readonly Tool[]).includes(tool);

/** A finger scrolls through the slices; a mouse has a wheel for that and changes the contrast. */
export const firstDrag = (): Drag => (window.matchMedia('(pointer: coarse)').matches ? 'scroll' : 'window');
