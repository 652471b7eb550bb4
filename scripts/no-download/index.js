// Stands in for the package `global-agent` (package.json, `overrides`) in a clone. The only one to load it is the install
// script of onnxruntime-node, in its first lines, before it downloads CUDA libraries that nothing here uses.
exports.bootstrap = () => process.exit(0)
