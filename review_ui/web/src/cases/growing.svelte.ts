/** How many rows of a long list are on the page: those one sees, and more as one comes near their end. */
const FIRST = 40;
const MORE = 20;

export class Growing {
  rows = $state(FIRST);

  /** For the element after the last row: it asks for more when it comes near the screen. */
  readonly end = (element: Element): { destroy: () => void } => {
    const observer = new IntersectionObserver(
      (seen) => seen.some(({ isIntersecting }) => isIntersecting) && this.more(),
      { rootMargin: '100% 0px' },
    );
    observer.observe(element);
    return { destroy: () => observer.disconnect() };
  };

  more(): void {
    this.rows += MORE;
  }
}
