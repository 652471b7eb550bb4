// Compares gradients through imported ONNX operators with central differences in float64: all rows of the conformance
// table and, where EVENSTEP_ONNX_TESTS names the folder of ONNX's own tests, those:
//
//     npx jiti scripts/onnx-gradients.ts [--seed 1]

import { importOnnx, type OnnxModel } from '../src/nn/onnx/import.ts'
import { onnxRowsOf } from '../test/conformance/rows/onnx.ts'
import { oneNode } from '../test/support/onnx-build.ts'
import { checkImported } from '../test/support/onnx-gradient.ts'
import { runSuiteTest, suiteTests } from '../test/support/onnx-suite.ts'

const at = process.argv.indexOf('--seed')
const seed = at < 0 ? '1' : process.argv[at + 1]
const tally = new Map<string, number>()
const note = (label: string, result: string): void => {
  const kind = /^(agrees|differs|error|no float)/.exec(result)?.[0] ?? 'no gradient'
  tally.set(kind, (tally.get(kind) ?? 0) + 1)
  if (kind === 'differs' || kind === 'error') console.log(label, result)
}

for (const { op, opset, spec, label } of onnxRowsOf()) {
  if (spec.differentiable === false) continue
  const { bytes, fed, outputs } = oneNode(op, opset, spec, `${label} ${seed}`)
  const model = importOnnx(bytes, label, { output: outputs, trainable: false }) as unknown as OnnxModel
  note(label, await checkImported(model, fed, `${label} ${seed}`))
}
console.log('table', Object.fromEntries(tally))

const root = process.env.EVENSTEP_ONNX_TESTS
if (root) {
  tally.clear()
  for (const id of suiteTests(root)) {
    const { result, gradient } = await runSuiteTest(root, id, true, seed)
    if (result === 'pass') note(id, gradient ?? '')
  }
  console.log("ONNX's tests", Object.fromEntries(tally))
}
