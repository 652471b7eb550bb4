import type { Data } from '../core/dtype.ts'
import { gradients } from '../core/grad.ts'
import { boolean, type OptionsOf } from '../core/options.ts'
import { variables } from '../core/state.ts'
import { scalar, type Tensor } from '../core/tensor.ts'
import { hyperparameter, type Variable } from '../core/variable.ts'
import { type Call, observe } from '../nn/observe.ts'
import { add, div, mul, sqrt, sub } from '../ops/arithmetic.ts'
import { batchNorm as channelStatistics } from '../ops/batch-norm.ts'
import { sum } from '../ops/broadcast.ts'
import { maximum } from '../ops/extremum.ts'
import { mean } from '../ops/statistics.ts'
import type { Steps } from './steps.ts'

/** Options: which quantities to log for each step besides loss and learning rate. */
export const logOptions = {
  /**
   * Logs `gradientNorm`, the L2 norm of the loss's gradient over all weights, before clipping or any other
   * change by the optimizer. Costs a second backward pass. @default false
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

/**
 * Traces a training step and returns its loss and the quantities to log, by name. If nothing is to be logged, adds
 * nothing to the graph of the step.
 *
 * @param forward computes the loss
 * @param minimize updates the weights to reduce the loss
 */
export function watched(
  model: object,
  { gradientNorm, batchNorm }: LogOptions,
  lr: (step: number) => number,
  forward: () => Tensor,
  minimize: (loss: Tensor) => void,
): Record<'loss', Tensor> {
  const calls = new Map<string, Omit<Layer, 'fed'>>()
  const onCall = ({ name: path, module, inputs: [x] }: Call): void => {
    if (isNormalizer(module)) calls.set(path, { path, module, x: x as Tensor })
  }
  const loss = batchNorm ? observe(model, onCall, forward) : forward()
  const norm = gradientNorm && { gradientNorm: normOfGradient(model, loss) }
  const rate = batchNorm && hyperparameter(lr, loss.dtype, 'optimizer.lr')
  const layers = [...calls.values()].map((call): Layer => ({ ...call, fed: feeding(call.x, model) }))
  const before = layers.map((layer) => layerStatistics(layer, rate as Tensor))
  minimize(loss)
  return Object.assign({ loss }, norm, ...before, ...layers.map(layerAngle))
}

/** A call of a normalization layer, with its input `x`; `fed` is the last weight before the layer. */
interface Layer {
  readonly path: string
  readonly module: Normalizer
  readonly x: Tensor
  readonly fed: Fed | undefined
}

function normOfGradient(model: object, loss: Tensor): Tensor {
  const weights = [...variables(model).values()].filter(({ trainable }) => trainable)
  // Gradients of 2·loss share no node with the optimizer's gradients: a shared node would not be fused into an
  // update, so that logging would change the rounding of the weights. Halving the norm is exact.
  const slopes = gradients(
    loss,
    weights.map((w) => w.value),
    scalar(2, loss.dtype),
  )
  return mul(sqrt(slopes.map(squaredNorm).reduce((a, b) => add(a, b))), 0.5)
}

/** Returns the quantities logged for a layer that are known before the weights are updated: all but `angle`. */
function layerStatistics({ path, module, x, fed }: Layer, lr: Tensor): Record<string, Tensor> {
  const { mean: batchMean, variance: batchVar } = channelStatistics(x, undefined, undefined, 1)
  const found = {
    batchMean: mean(batchMean),
    batchVar: mean(batchVar),
    runningMean: meanOf(module.runningMean),
    runningVar: meanOf(module.runningVar),
    weight: meanOf(module.weight),
    effectiveRate: fed && div(lr, squaredNorm(fed.value)),
  }
  const logs = Object.entries(found).flatMap(([name, t]) => (t ? [[layerLog(path, name), t] as const] : []))
  return Object.fromEntries(logs)
}

/** Returns sin(angle / 2), for the angle by which a step turned the last weight before a layer. */
const layerAngle = ({ path, fed }: Layer): Record<string, Tensor> =>
  fed ? { [layerLog(path, angle)]: halfChord(fed.value, fed.variable.value) } : {}

const angle = 'angle'

/** Converts logged values of sin(angle / 2) to angles, on the host, because not every backend has arcsine. */
export const withAngles = (logs: Readonly<Record<string, Data>>): Required<Steps>['logs'] =>
  Object.fromEntries(
    Object.entries(logs).map(([name, data]) => [
      name,
      layerOf(name, angle) === undefined
        ? (data as Float32Array)
        : Float64Array.from(data as Float32Array, (half) => 2 * Math.asin(Math.min(1, half))),
    ]),
  )

/** Returns the name of a logged quantity of the layer at `path`, such as `bn.angle`. */
export const layerLog = (path: string, quantity: string): string => (path ? `${path}.${quantity}` : quantity)

/** Returns the layer's path from `name`, such as `bn.angle`, if it ends in `quantity`; otherwise undefined. */
export function layerOf(name: string, quantity: string): string | undefined {
  if (name === quantity) return ''
  return name.endsWith(`.${quantity}`) ? name.slice(0, -quantity.length - 1) : undefined
}

/**
 * Returns ½ · ‖w₊/‖w₊‖ − w/‖w‖‖ of a weight w and its next value w₊, from d = w₊ − w for precise small angles:
 *
 *     ‖w₊/‖w₊‖ − w/‖w‖‖² = (‖d‖² − (‖w₊‖ − ‖w‖)²) / (‖w‖ · ‖w₊‖)        ‖w₊‖ − ‖w‖ = ⟨w₊ + w, d⟩ / (‖w₊‖ + ‖w‖)
 */
function halfChord(w: Tensor, next: Tensor): Tensor {
  const d = sub(next, w)
  const [before, after] = [sqrt(squaredNorm(w)), sqrt(squaredNorm(next))]
  const longer = div(sum(mul(add(next, w), d)), add(before, after))
  const across = maximum(sub(squaredNorm(d), mul(longer, longer)), 0)
  return mul(sqrt(div(across, mul(before, after))), 0.5)
}

/** A normalization layer with running statistics. */
interface Normalizer {
  readonly runningMean: Variable | undefined
  readonly runningVar: Variable | undefined
  readonly weight?: Variable | undefined
}

const isNormalizer = (object: object): object is Normalizer =>
  'runningMean' in object && 'runningVar' in object

const meanOf = (variable: Variable | undefined): Tensor | undefined => variable && mean(variable.value)

const squaredNorm = (x: Tensor): Tensor => sum(mul(x, x))

/** The last weight before a normalization layer: its variable, and its traced value before the step. */
interface Fed {
  readonly variable: Variable
  readonly value: Tensor
}

/** Finds the trainable weight of two or more axes from which the fewest operators lead to `x`. */
function feeding(x: Tensor, model: object): Fed | undefined {
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
