/** The codec packages bring no types of their own. */
type CodecFactory = (options: { locateFile: (name: string) => string }) => Promise<never>;

declare module '@cornerstonejs/codec-openjph/wasmjs' {
  const factory: CodecFactory;
  export default factory;
}
declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  const factory: CodecFactory;
  export default factory;
}
declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  const factory: CodecFactory;
  export default factory;
}
declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs' {
  const factory: CodecFactory;
  export default factory;
}
declare module '@cornerstonejs/codec-libjxl/decodewasmjs' {
  const factory: CodecFactory;
  export default factory;
}
