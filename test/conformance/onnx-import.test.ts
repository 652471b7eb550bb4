import { describe, expect, test } from 'vitest'
import { importOnnx, type OnnxModel, readOnnxOptions } from '../../src/nn/onnx/import.ts'
import { onnxOperators } from '../../src/nn/onnx/operators/index.ts'
import { oneNode } from '../support/onnx-build.ts'
import { compareNode } from '../support/onnx-compare.ts'
import { checkImported } from '../support/onnx-gradient.ts'
import { onnxRows, onnxRowsOf, onnxVersions } from './rows/onnx.ts'

const operators = Object.keys(onnxOperators()).sort()

/** Newest operator set that the pinned ONNX Runtime reads. */
const newest = 26

/** Versions of operators that ONNX Runtime lacks. */
const absent = ['GlobalLpPool 22', 'Upsample 10']

test('the table has every operator that is imported', () => {
  expect(Object.keys(onnxRows).sort()).toEqual(operators)
  expect(Object.keys(onnxVersions).sort()).toEqual(operators)
  expect(operators.length).toBeGreaterThanOrEqual(132)
})

describe('an imported node computes what ONNX Runtime does, in every version of its operator', () => {
  test.each(operators)('%s', async (op) => {
    const wrong: (string | undefined)[] = []
    for (const one of onnxRowsOf(op)) {
      const isComparable = one.opset <= newest && !absent.includes(`${op} ${one.opset}`)
      if (isComparable) wrong.push(await compareNode(one))
    }
    expect(wrong.filter(Boolean)).toEqual([])
  })
})

// All rows: npx jiti scripts/onnx-gradients.ts
test('gradients through imported nodes are central differences, by the last row of each operator', async () => {
  const results: string[] = []
  for (const op of operators) {
    const last = onnxRowsOf(op)
      .filter(({ spec }) => spec.differentiable !== false)
      .at(-1)
    if (!last) continue
    const { bytes, fed, outputs } = oneNode(op, last.opset, last.spec, last.label)
    const model = importOnnx(
      bytes,
      op,
      readOnnxOptions(op, { output: outputs, trainable: false }),
    ) as unknown as OnnxModel
    results.push(`${op}: ${await checkImported(model, fed, last.label)}`)
  }
  expect(results.filter((result) => /differs|error/.test(result))).toEqual([])
  expect(results.filter((result) => result.endsWith('agrees')).length).toBeGreaterThan(85)
})
