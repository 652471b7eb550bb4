// What `nn` is in Node.js, where there are files.
export * from './index.ts'
export { fromOnnxFile as fromOnnx, type OnnxPath } from './onnx/from-path.ts'
