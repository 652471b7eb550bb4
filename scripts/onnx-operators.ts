// Prints the names of the ONNX operators that are imported, as JSON: npx jiti scripts/onnx-operators.ts
import { onnxOperators } from '../src/nn/onnx/operators/index.ts'

console.log(JSON.stringify(Object.keys(onnxOperators())))
