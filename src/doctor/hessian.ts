import { toData } from '../core/dtype.ts'
import { gradients } from '../core/grad.ts'
import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { concatenated } from '../core/vector.ts'
import type { Batch } from '../data/loader.ts'
import { add, mul } from '../ops/arithmetic.ts'
import { sum } from '../ops/broadcast.ts'
import { detach } from '../ops/detach.ts'
import type { BatchOf } from '../train/graphs.ts'
import type { Subject } from './subject.ts'

// Second derivatives of a batch's training loss with respect to all trained weights: gradients of gradients.

/** Returns the function v ↦ Hv, with H the Hessian of a batch's loss in all trained weights, concatenated. */
export function hessianProduct(subject: Subject, batch: Batch): (v: Float64Array) => Promise<Float64Array> {
  const trained = [...subject.trained.values()]
  return async (v) => {
    let at = 0
    const direction = trained.map(({ shape, dtype }, i) => {
      const size = sizeOf(shape)
      at += size
      return [`v${i}`, { shape, dtype, data: toData(dtype, v.subarray(at - size, at)) }] as const
    })
    const body = (fed: BatchOf<Tensor> & Readonly<Record<string, Tensor>>): Record<string, Tensor> => {
      const weights = trained.map(({ value }) => value)
      const slopes = gradients(subject.lossOf(fed, 'train'), weights)
      const along = inner(
        slopes,
        slopes.map((_, i) => fed[`v${i}`]!),
      )
      return Object.fromEntries(gradients(along, weights).map((t, i) => [`h${i}`, t]))
    }
    const products = await subject.compute('hessian', batch, body, Object.fromEntries(direction))
    return concatenated(trained.map((_, i) => products[`h${i}`]!))
  }
}

/** Returns gᵀHg/‖g‖², the curvature of a batch's loss along its gradient g, where H is the Hessian of the loss. */
export async function curvatureAlongGradient(subject: Subject, batch: Batch): Promise<number> {
  const { curvature, squared } = await subject.compute('curvature', batch, (fed) => {
    const weights = [...subject.trained.values()].map(({ value }) => value)
    const slopes = gradients(subject.lossOf(fed, 'train'), weights)
    const fixed = slopes.map(detach)
    const products = gradients(inner(slopes, fixed), weights)
    return { curvature: inner(products, fixed), squared: inner(fixed, fixed) }
  })
  return Number(curvature[0]) / Number(squared[0])
}

const inner = (a: readonly Tensor[], b: readonly Tensor[]): Tensor =>
  a.map((t, i) => sum(mul(t, b[i]!))).reduce((x, y) => add(x, y))
