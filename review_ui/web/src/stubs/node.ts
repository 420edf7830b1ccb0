/** Stands in for node's modules that the codecs name but never use in a browser. */
export default {};
