import type { Data } from '../core/dtype.ts'
import { boolean, type OptionsOf } from '../core/options.ts'
import { variables } from '../core/state.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import { type Call, observe } from '../nn/observe.ts'
import { concat } from '../ops/concat.ts'
import type { Applied } from '../optim/attach.ts'
import type { Steps } from './steps.ts'
import { type FedWeight, isNormalizer, type Layer, pieceOf, readPieces } from './watch-layers.ts'

/** Options: which quantities to log for each step besides loss and learning rate. */
export const logOptions = {
  /**
   * Logs `gradientNorm`, the L2 norm of the loss's gradient over all weights, before clipping or any other
   * change by the optimizer. @default false
   */
  gradientNorm: boolean(),
  /**
   * Logs seven quantities for each normalization layer with running statistics, named by the layer's path, here `bn`.
   * Five are averages over the channels: `bn.batchMean` and `bn.batchVar`, mean and biased variance of the batch;
   * `bn.runningMean` and `bn.runningVar`, the running statistics after the step; `bn.weight`, the scale γ before the
   * step. The others are `bn.effectiveRate` and `bn.angle`:
   *
   *     effectiveRate = lr / ‖w‖²        angle = 2 · asin(½ · ‖w₊/‖w₊‖ − w/‖w‖‖)        in radians
   *
   * where lr is the learning rate, w the last weight matrix or kernel before the layer, and w₊ its value after the
   * step. The scale of w does not affect the layer's output, so only the angle by which a step turns w matters; a
   * step at rate lr turns w as far as a step at rate lr/‖w‖² would turn w/‖w‖. Source: van Laarhoven 2017,
   * https://arxiv.org/abs/1706.05350; Wan et al. 2020, https://arxiv.org/abs/2006.08419. @default false
   */
  batchNorm: boolean(),
  /** Logs `samplesPerSecond`, examples trained per second, averaged over several steps. @default false */
  samplesPerSecond: boolean(),
}

export interface LogOptions extends OptionsOf<typeof logOptions> {}

/** Outputs of a training step: `gradientNorm` and `layers`, one vector for all layers, only if they are logged. */
type Outputs = Readonly<Record<'loss', Tensor> & Partial<Record<'gradientNorm' | 'layers', Tensor>>>

/** A traced training step: its outputs, and how to read what they log. */
export interface WatchedStep {
  readonly outputs: Outputs
  /**
   * Returns the logged quantities of normalization layers by name, such as `bn.angle`, given the values of `layers`.
   *
   * @param lr returns the learning rate of the call's step k, from 0
   */
  read(layers: Data, lr: (k: number) => number): Required<Steps>['logs']
}

/**
 * Traces a training step. If nothing is to be logged, adds nothing to the graph of the step.
 *
 * @param forward computes the loss
 * @param minimize updates the weights to reduce the loss. @returns measurements of the gradients, unless they accumulate
 */
export function watched(
  model: object,
  { gradientNorm, batchNorm }: LogOptions,
  forward: () => Tensor,
  minimize: (loss: Tensor) => Applied | undefined,
): WatchedStep {
  const calls = new Map<string, Pick<Layer, 'path' | 'module' | 'x'>>()
  const onCall = ({ name: path, module, inputs: [x] }: Call): void => {
    if (isNormalizer(module)) calls.set(path, { path, module, x: x as Tensor })
  }
  const loss = batchNorm ? observe(model, onCall, forward) : forward()
  const layers = [...calls.values()].map(
    (call): Layer => ({ ...call, gamma: call.module.weight?.value, fed: feeding(call.x, model) }),
  )
  const applied = minimize(loss)
  const pieces = layers.map(pieceOf)
  const outputs: Outputs = {
    loss,
    ...(gradientNorm && applied && { gradientNorm: applied.gradientNorm }),
    ...(pieces.length > 0 && { layers: concat(pieces.map(({ values }) => values)) }),
  }
  return { outputs, read: (data, lr) => readPieces(pieces, data, lr) }
}

/** Finds the trainable weight of two or more axes from which the fewest operators lead to `x`. */
function feeding(x: Tensor, model: object): FedWeight | undefined {
  const weights = new Map([...variables(model).values()].filter(isMatrix).map((w) => [w.value, w]))
  const reached = new Set([x])
  for (const value of reached) {
    const variable = weights.get(value)
    if (variable) return { variable, value }
    for (const input of value.inputs) reached.add(input)
  }
  return undefined
}

const isMatrix = ({ trainable, shape }: Variable): boolean => trainable && shape.length >= 2
