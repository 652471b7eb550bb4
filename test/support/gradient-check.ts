import { expect } from 'vitest'
import { gradients } from '../../src/core/grad.ts'
import { random } from '../../src/core/random.ts'
import { type Shape, sizeOf } from '../../src/core/shape.ts'
import { constant, type Tensor, topological } from '../../src/core/tensor.ts'
import { add, mul } from '../../src/ops/arithmetic.ts'
import { sum } from '../../src/ops/broadcast.ts'
import { compile } from '../../src/runtime/compile.ts'

/** An operator under test: what it is called with, and how far its derivatives are to be trusted. */
export interface Row {
  readonly name: string
  readonly shapes: readonly Shape[]
  readonly f: (...inputs: Tensor[]) => Tensor
  /** Where inputs are drawn from; −1 to 1. Keep away from kinks and poles. */
  readonly range?: readonly [low: number, high: number]
  /** False where the second derivative does not exist. */
  readonly smooth?: boolean
}

const h = 1e-5

/**
 * Assert that analytic gradients equal central differences, in float64 through ONNX Runtime; and so do the
 * gradients of a gradient, where the operator is smooth.
 */
export async function checkGradients({
  name,
  shapes,
  f,
  range = [-1, 1],
  smooth = true,
}: Row): Promise<void> {
  const source = random(name)
  const draw = (shape: Shape): Float64Array =>
    Float64Array.from({ length: sizeOf(shape) }, () => source.uniform(...range))
  const points = shapes.map(draw)

  const weighted = (inputs: Tensor[]): Tensor => weigh(f(...inputs), 'output')
  await checkOnce(`${name}, first derivative`, shapes, points, weighted)
  if (!smooth) return
  await checkOnce(`${name}, second derivative`, shapes, points, (inputs) => {
    const slopes = slopesOf(weighted(inputs), inputs)
    return slopes.map((slope, i) => weigh(slope, `slope ${i}`)).reduce((a, b) => add(a, b))
  })
}

/** `Σ r·t` with fixed random r, so that each element of t counts differently. */
function weigh(t: Tensor, key: string): Tensor {
  const source = random(key)
  const weights = Float64Array.from({ length: sizeOf(t.shape) }, () => source.uniform(0.5, 1.5))
  return sum(mul(t, constant(weights, t.shape, 'float64')))
}

/** Gradients; zeros of a value that does not depend on the inputs, such as the slope of something linear. */
function slopesOf(value: Tensor, inputs: readonly Tensor[]): Tensor[] {
  const reached = topological([value])
  if (inputs.some((x) => reached.includes(x))) return gradients(value, inputs)
  return inputs.map((x) => constant(new Float64Array(sizeOf(x.shape)), x.shape, 'float64'))
}

async function checkOnce(
  what: string,
  shapes: readonly Shape[],
  points: readonly Float64Array[],
  scalarOf: (inputs: Tensor[]) => Tensor,
): Promise<void> {
  const names = shapes.map((_, i) => `x${i}`)
  const spec = Object.fromEntries(shapes.map((shape, i) => [`x${i}`, { shape, dtype: 'float64' as const }]))
  const inputsOf = (given: Record<string, Tensor>): Tensor[] => names.map((name) => given[name]!)

  const analytic = await compile(spec, (given) => {
    const inputs = inputsOf(given)
    const slopes = slopesOf(scalarOf(inputs), inputs)
    return Object.fromEntries(slopes.map((slope, i) => [`x${i}`, slope]))
  })
  const value = await compile(spec, (given) => ({ value: scalarOf(inputsOf(given)) }), { loop: true })

  const slopes = await analytic(Object.fromEntries(points.map((point, i) => [`x${i}`, point])))
  const { value: values } = await value(perturbed(points))
  let k = 0
  for (const [i, point] of points.entries()) {
    const expected = Array.from(point, () => (Number(values[k++]) - Number(values[k++])) / (2 * h))
    const scale = Math.max(1, ...expected.map(Math.abs))
    for (const [j, want] of expected.entries()) {
      const error = Math.abs(Number(slopes[`x${i}`]![j]) - want) / scale
      expect(error, `${what}, input ${i}, element ${j}: ${slopes[`x${i}`]![j]} is not ${want}`).toBeLessThan(
        1e-6,
      )
    }
  }
}

/** All inputs again and again, each time with one element moved by +h, then by −h. */
function perturbed(points: readonly Float64Array[]): Record<string, Float64Array> {
  const count = 2 * points.reduce((n, point) => n + point.length, 0)
  let first = 0
  return Object.fromEntries(
    points.map((point, i) => {
      const stack = new Float64Array(count * point.length)
      for (let k = 0; k < count; k++) stack.set(point, k * point.length)
      for (let j = 0; j < point.length; j++) {
        stack[(first + 2 * j) * point.length + j]! += h
        stack[(first + 2 * j + 1) * point.length + j]! -= h
      }
      first += 2 * point.length
      return [`x${i}`, stack]
    }),
  )
}
