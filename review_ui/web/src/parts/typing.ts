/** Whether a key pressed here is part of something written or chosen, and so no shortcut. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input:not([type=range]), textarea, select') !== null;
}
