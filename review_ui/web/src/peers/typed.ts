/** What is typed and shown of numbers and lists. */

/** Bytes as a person reads them. */
export function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let at = 0;
  let size = bytes;
  while (size >= 1024 && at < units.length - 1) {
    size /= 1024;
    at += 1;
  }
  return `${at && size < 100 ? size.toFixed(1) : Math.round(size)} ${units[at]}`;
}

/** One entry a line, or between commas. */
export const entries = (text: string): string[] => text.split(/[\n,;]+/).map((one) => one.trim()).filter(Boolean);
