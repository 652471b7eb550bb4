import { isFloat, toData } from '../../src/core/dtype.ts'
import { gradients } from '../../src/core/grad.ts'
import { type Random, random } from '../../src/core/random.ts'
import { sizeOf } from '../../src/core/shape.ts'
import { constant, type Tensor } from '../../src/core/tensor.ts'
import { toDType } from '../../src/nn/initialize.ts'
import type { OnnxModel } from '../../src/nn/onnx/import.ts'
import type { TensorValue } from '../../src/onnx/foreign-tensor.ts'
import * as ops from '../../src/ops/index.ts'
import { compile } from '../../src/runtime/compile.ts'

/** Values of inputs, by name. */
export type Named = Readonly<Record<string, TensorValue>>

/** Number of elements of each input whose derivative is compared, and the most elements that an input may have. */
const [compared, mostInput] = [6, 4096]

/**
 * Compares the gradient of Σ r·y, for fixed random r, with central differences in float64.
 *
 * @param key by which r and the compared elements are drawn
 * @returns `agrees`, or why not
 */
export async function checkImported(model: OnnxModel, fed: Named, key: string): Promise<string> {
  toDType(model, 'float64')
  const floats = Object.entries(fed).filter(
    ([, { dtype, shape }]) => isFloat(dtype) && sizeOf(shape) > 0 && sizeOf(shape) <= mostInput,
  )
  if (floats.length === 0) return 'no float input'
  const dtypeOf = (dtype: TensorValue['dtype']) => (isFloat(dtype) ? 'float64' : dtype)
  const spec = Object.fromEntries(
    Object.entries(fed).map(([name, { shape, dtype }]) => [name, { shape, dtype: dtypeOf(dtype) }]),
  )
  let none: string | undefined
  try {
    const step = await compile(spec, (given) => {
      const source = random(1, key)
      const loss = weighed(Object.values(model.forward(given, 'eval')), source)
      if (!loss) {
        none = 'no float output'
        return given
      }
      try {
        const slopes = gradients(
          loss,
          floats.map(([name]) => given[name]!),
        )
        return { loss, ...Object.fromEntries(floats.map(([name], i) => [`d_${name}`, slopes[i]!])) }
      } catch (error) {
        none = (error as Error).message
        return { loss }
      }
    })
    if (none) return none
    const feed = Object.fromEntries(
      Object.entries(fed).map(([name, { data, dtype }]) => [name, toData(dtypeOf(dtype), data as never)]),
    )
    return await compare(
      step as never,
      feed as never,
      floats.map(([name]) => name),
      random(2, key),
    )
  } catch (error) {
    return `error: ${(error as Error).message.split('\n')[0]}`
  }
}

function weighed(outputs: readonly Tensor[], source: Random): Tensor | undefined {
  const terms = outputs
    .filter((y) => isFloat(y.dtype) && sizeOf(y.shape) > 0)
    .map((y) => {
      const weights = Array.from({ length: sizeOf(y.shape) }, () => source.uniform(-0.5, 0.5))
      return ops.sum(ops.mul(ops.cast(y, 'float64'), constant(weights, y.shape, 'float64')))
    })
  return terms.length > 0 ? terms.reduce((a, b) => ops.add(a, b)) : undefined
}

type Step = (feed: Record<string, Float64Array>) => Promise<Record<string, Float64Array>>

async function compare(step: Step, feed: Record<string, Float64Array>, names: string[], source: Random) {
  const base = await step(feed)
  let worst = 0
  let where = ''
  for (const name of names) {
    const values = feed[name]!
    for (let c = 0; c < Math.min(values.length, compared); c++) {
      const i = Math.floor(source.uniform(0, 1) * values.length) % values.length
      const h = 1e-5 * Math.max(1, Math.abs(values[i]!))
      const at = async (by: number): Promise<number> => {
        const moved = values.slice()
        moved[i]! += by
        return (await step({ ...feed, [name]: moved })).loss![0]!
      }
      const numeric = ((await at(h)) - (await at(-h))) / (2 * h)
      const slope = base[`d_${name}`]![i]!
      const off = Math.abs(numeric - slope) / (1e-4 + Math.abs(numeric))
      if (off <= worst) continue
      worst = Number.isNaN(off) ? Number.POSITIVE_INFINITY : off
      where = `${name}[${i}] = ${values[i]!.toPrecision(4)}: ${slope.toPrecision(6)} for ${numeric.toPrecision(6)}`
    }
  }
  return worst <= 1e-3 ? 'agrees' : `differs: ${where}`
}
