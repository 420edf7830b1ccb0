/** What the mouse and the fingers do on a pane. */
import {
  Enums,
  PanTool,
  StackScrollTool,
  ToolGroupManager,
  WindowLevelTool,
  ZoomTool,
} from '@cornerstonejs/tools';
import type { Drag } from './drag-kind';
import { ENGINE, TOOLS } from './start';

const TOOL_OF: Record<Drag, string> = {
  scroll: StackScrollTool.toolName,
  window: WindowLevelTool.toolName,
  pan: PanTool.toolName,
  zoom: ZoomTool.toolName,
};

export interface Dragging {
  use(drag: Drag | undefined): void; // undefined: dragging is somebody else's, as when measuring
  end(): void;
}

export function dragOn(viewportId: string, drag: Drag | undefined): Dragging {
  const group = ToolGroupManager.createToolGroup(`tools-${viewportId}`);
  if (!group) throw new Error('a pane with this name exists already');
  TOOLS.forEach((tool) => group.addTool(tool.toolName));
  group.addViewport(viewportId, ENGINE);
  const use = (primary: Drag | undefined): void => {
    Object.values(TOOL_OF).forEach((name) => group.setToolPassive(name, { removeAllBindings: true }));
    for (const [name, bindings] of Object.entries(bindingsFor(primary))) group.setToolActive(name, { bindings });
  };
  use(drag);
  return { use, end: () => ToolGroupManager.destroyToolGroup(group.id) };
}

type Binding = { mouseButton?: number; numTouchPoints?: number; modifierKey?: number };

function bindingsFor(primary: Drag | undefined): Record<string, Binding[]> {
  const { MouseBindings, KeyboardBindings } = Enums;
  const bindings: Record<string, Binding[]> = {
    [TOOL_OF.scroll]: [{ mouseButton: MouseBindings.Wheel }],
    [TOOL_OF.window]: [],
    [TOOL_OF.pan]: [
      { mouseButton: MouseBindings.Auxiliary },
      { mouseButton: MouseBindings.Primary, modifierKey: KeyboardBindings.Shift },
    ],
    [TOOL_OF.zoom]: [{ mouseButton: MouseBindings.Secondary }, { numTouchPoints: 2 }],
  };
  if (primary) bindings[TOOL_OF[primary]]!.unshift({ mouseButton: MouseBindings.Primary });
  return Object.fromEntries(Object.entries(bindings).filter(([, list]) => list.length > 0));
}
