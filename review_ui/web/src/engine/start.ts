/**
 * Cornerstone3D, started once. Its tools must be initialised before the first viewport is enabled,
 * or no mouse or touch event reaches it.
 */
import { cache, imageLoader, init as initCore, RenderingEngine } from '@cornerstonejs/core';
import { init as initLoader } from '@cornerstonejs/dicom-image-loader';
import { addTool, init as initTools, PanTool, StackScrollTool, WindowLevelTool, ZoomTool } from '@cornerstonejs/tools';
import { loadCut, SCHEME } from './cutting';

const CACHE_BYTES = 1024 ** 3; // oldest images go first beyond it

export const ENGINE = 'neurovigie';
export const TOOLS = [StackScrollTool, WindowLevelTool, PanTool, ZoomTool] as const;

let started: Promise<RenderingEngine> | undefined;

export function startEngine(): Promise<RenderingEngine> {
  started ??= start();
  return started;
}

async function start(): Promise<RenderingEngine> {
  await initCore();
  cache.setMaxCacheSize(CACHE_BYTES);
  initLoader({ maxWebWorkers: Math.min(3, Math.max(1, (navigator.hardwareConcurrency || 2) - 1)) });
  imageLoader.registerImageLoader(SCHEME, loadCut as Parameters<typeof imageLoader.registerImageLoader>[1]);
  initTools();
  TOOLS.forEach((tool) => addTool(tool));
  return new RenderingEngine(ENGINE);
}
