import { describe, expect, test } from 'vitest'
import { runSuiteTest, suiteTests } from '../support/onnx-suite.ts'

// ONNX's own tests of operators, https://github.com/onnx/onnx, where a folder of them is named.
const root = process.env.EVENSTEP_ONNX_TESTS

/** Tests that are refused, with the reason. */
const refused: readonly (readonly [id: RegExp, why: RegExp])[] = [
  [/_BFLOAT16(_expanded)?$/, /wanted float, int32, int64 or bool, got bfloat16/],
  [/_FLOAT(8|4|6)E?|_U?INT[248]|_E8M0|STRING/, /wanted float, int32, int64 or bool/],
  [/resize_tf_crop_and_resize/, /coordinate_transformation_mode, got tf_crop_and_resize/],
  [/training_dropout/, /wanted inference, got training_mode/],
  [/scatter_elements/, /wanted ScatterElements with reduction 'add'/],
  [/maxpool_.*argmax/, /wanted one output, got the indices/],
  [/lstm_with_peepholes/, /wanted an LSTM without peepholes/],
  [/affine_grid/, /does not depend on the numbers in the input/],
  [/einsum/, /einsum: wanted/],
  [/reduce_(max|min|prod|log_sum_exp)_empty_set/, /wanted an axis/],
]

describe.skipIf(root === undefined)("ONNX's tests of operators, where EVENSTEP_ONNX_TESTS names them", () => {
  test('all pass whose operators are imported, but those in the table', async () => {
    const rows = []
    for (const id of suiteTests(root!)) rows.push(await runSuiteTest(root!, id))
    const wrong = rows.filter(({ id, result, why = '' }) => {
      if (result === 'fail') return true
      return result === 'refused' && !refused.some(([name, reason]) => name.test(id) && reason.test(why))
    })
    expect(wrong).toEqual([])
    expect(rows.filter(({ result }) => result === 'pass').length).toBeGreaterThan(700)
  }, 120_000)
})
