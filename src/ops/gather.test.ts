import { expect, test } from 'vitest'
import { topological } from '../core/tensor.ts'
import { compile } from '../runtime/compile.ts'
import { indexSelect } from './gather.ts'

test.each([
  [128, 'Gemm'],
  [129, 'ScatterElements'],
])('the gradient of %i rows is computed by %s and adds the rows of each index', async (rows, op) => {
  const index = Int32Array.of(0, rows - 1, 5, rows - 1, 0, rows - 1)
  const specs = {
    w: { shape: [rows, 2] },
    dy: { shape: [6, 2] },
    index: { shape: [6], dtype: 'int32' },
  } as const
  const step = await compile(specs, ({ w, dy, index }) => {
    const [dw] = indexSelect(w, 0, index).grad!(dy)
    expect(topological([dw!]).map((t) => t.op)).toContain(op)
    return { dw: dw! }
  })
  const dy = Float32Array.from({ length: 12 }, (_, i) => 2 ** i)
  const { dw } = await step({ w: new Float32Array(2 * rows), dy, index })
  const wanted = new Float32Array(2 * rows)
  for (const [i, row] of index.entries()) for (const k of [0, 1]) wanted[2 * row + k]! += dy[2 * i + k]!
  expect(dw).toEqual(wanted)
})
