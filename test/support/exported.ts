import * as ort from 'onnxruntime-node'
import { expect } from 'vitest'
import { type Data, isFloat, toData } from '../../src/core/dtype.ts'
import { random } from '../../src/core/random.ts'
import { sizeOf } from '../../src/core/shape.ts'
import { variables } from '../../src/core/state.ts'
import type { FieldSpec } from '../../src/data/dataset.ts'
import { initialize, type Module } from '../../src/nn/index.ts'
import { compile } from '../../src/runtime/compile.ts'
import { exportOnnx } from '../../src/train/export.ts'
import { difference } from './golden.ts'

/** A model whose variables differ from their initial values, as after training. */
export function trained<M extends Module>(model: M): M {
  initialize(model, 0)
  for (const [name, v] of variables(model)) {
    const source = random('trained', name)
    const positive = name.includes('running_var')
    const numbers = Array.from(v.data, Number).map((value) => value + 0.3 * source.normal())
    if (isFloat(v.dtype)) v.data = toData(v.dtype, positive ? numbers.map((a) => 0.2 + a * a) : numbers)
  }
  return model
}

/** What a model takes; of rows with codes of categories also the number of categories, 0 for other numbers. */
export type Taken = FieldSpec & { readonly categories?: readonly number[] }

/** Inputs for `n` examples: normal numbers, whole numbers from 0 to 4, or codes of categories. */
function inputs(n: number, { shape, dtype, categories = [] }: Taken): Data {
  const source = random('examples', n)
  const draw = (_: unknown, i: number): number => {
    const most = categories[i % categories.length] || (dtype.startsWith('int') ? 5 : 0)
    return most > 0 ? Math.floor(most * source.uniform()) : source.normal()
  }
  return toData(dtype, Array.from({ length: n * sizeOf(shape) }, draw))
}

/**
 * Assert that ONNX Runtime, given nothing but the exported bytes, computes what the model does in evaluation, to
 * 1e-5 of a number and of its size, for each number of examples.
 */
export async function expectSameAsEvaluation(
  model: Module,
  x: Taken,
  counts: readonly number[] = [1, 2, 7],
): Promise<void> {
  const spec = { shape: x.shape, dtype: x.dtype }
  const session = await ort.InferenceSession.create(exportOnnx(model, spec), { intraOpNumThreads: 1 })
  for (const n of counts) {
    const data = inputs(n, x)
    const shape = [n, ...x.shape]
    const { y } = await session.run({ x: new ort.Tensor(x.dtype, data as never, shape) })
    const own = await compile({ x: { shape, dtype: x.dtype } }, (given) => ({
      y: model.forward(given.x, 'eval'),
    }))
    expect(y!.dims, `${n} examples`).toEqual(own.traced.outputs.get('result:y')!.shape)
    const wanted = Array.from((await own({ x: data })).y, Number)
    expect(difference(y!.data as Float32Array, wanted), `${n} examples`).toBeLessThan(1e-5)
  }
}
