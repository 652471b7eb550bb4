import type { Data } from '../core/dtype.ts'
import { toData } from '../core/dtype.ts'
import { gradients } from '../core/grad.ts'
import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { concatenated } from '../core/vector.ts'
import type { Batch } from '../data/loader.ts'
import { add, mul } from '../ops/arithmetic.ts'
import { sum } from '../ops/broadcast.ts'
import { detach } from '../ops/detach.ts'
import type { InputSpec } from '../runtime/traced.ts'
import type { Subject } from './subject.ts'

// Second derivatives of a batch's training loss with respect to all trained weights: gradients of gradients.

/** Returns the product of the Hessian with a vector, which has the order of the concatenated weights. */
export function hessianProduct(subject: Subject, batch: Batch): (v: Float64Array) => Promise<Float64Array> {
  const trained = [...subject.trained.values()]
  const { dtype } = subject.experiment
  const specs: Record<string, InputSpec> = Object.fromEntries(
    trained.map(({ shape, dtype }, i) => [`v${i}`, { shape, dtype }]),
  )
  return async (v) => {
    const graph = await subject.graph(
      'hessian',
      batch.length,
      (x, y, given): Record<string, Tensor> => {
        const weights = trained.map(({ value }) => value)
        const slopes = gradients(subject.experiment.loss(subject.model.forward(x, 'train'), y), weights)
        const along = inner(
          slopes,
          slopes.map((_, i) => given[`v${i}`]!),
        )
        return Object.fromEntries(gradients(along, weights).map((t, i) => [`h${i}`, t]))
      },
      specs,
    )
    let at = 0
    const parts = trained.map(({ shape }, i): [string, Data] => {
      const size = sizeOf(shape)
      at += size
      return [`v${i}`, toData(dtype, v.subarray(at - size, at))]
    })
    const feeds = { x: batch.x, y: batch.y, ...Object.fromEntries(parts) }
    const products = await subject.untouched(() => graph(feeds, subject.steps))
    return concatenated(trained.map((_, i) => products[`h${i}`]!))
  }
}

/** gᵀHg/‖g‖² of a batch: the curvature of its loss along its own gradient. */
export async function curvatureAlongGradient(subject: Subject, batch: Batch): Promise<number> {
  const graph = await subject.graph('curvature', batch.length, (x, y) => {
    const weights = [...subject.trained.values()].map(({ value }) => value)
    const slopes = gradients(subject.experiment.loss(subject.model.forward(x, 'train'), y), weights)
    const fixed = slopes.map(detach)
    const products = gradients(inner(slopes, fixed), weights)
    return { curvature: inner(products, fixed), squared: inner(fixed, fixed) }
  })
  const { curvature, squared } = await subject.untouched(() =>
    graph({ x: batch.x, y: batch.y }, subject.steps),
  )
  return Number(curvature[0]) / Number(squared[0])
}

const inner = (a: readonly Tensor[], b: readonly Tensor[]): Tensor =>
  a.map((t, i) => sum(mul(t, b[i]!))).reduce((x, y) => add(x, y))
