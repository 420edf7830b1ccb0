/** Stands in for xmlbuilder2, which vtk.js imports to write XML files; this page never does. */
export function create(): never {
  throw new Error('XML is never written here');
}
