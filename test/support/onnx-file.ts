import type { GraphProto } from '../../src/onnx/messages.ts'
import { readOnnx } from '../../src/onnx/read.ts'

/** Reads an ONNX file: its graph, with the numbers of constants as bytes. */
export const readGraph = (bytes: Uint8Array): GraphProto => readOnnx(bytes, 'model.onnx')
